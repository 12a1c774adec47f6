import { ApiProperty } from '@nestjs/swagger';
import { ProcessingStatus } from '../../files/index.js';
import type { ProcessingState } from '../processing.service.js';
import { StepStatus } from '../step-run.entity.js';

/** Why processing failed. */
export class ProcessingErrorResponse {
  @ApiProperty({ example: 'MEDIA_UNREADABLE' })
  code!: string;

  @ApiProperty({ example: 'The recording cannot be decoded: its header is damaged.' })
  message!: string;
}

/** One step of the processing of a file. */
export class ProcessingStepResponse {
  @ApiProperty({ example: 'probe' })
  name!: string;

  @ApiProperty({ enum: StepStatus, enumName: 'StepStatus', example: StepStatus.Done })
  status!: StepStatus;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: '2026-03-01T10:15:03.000Z' })
  startedAt!: Date | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: '2026-03-01T10:15:04.000Z' })
  finishedAt!: Date | null;
}

/** Where the processing of a file stands. */
export class ProcessingResponse {
  @ApiProperty({ format: 'uuid', example: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a' })
  fileId!: string;

  @ApiProperty({ enum: ProcessingStatus, enumName: 'ProcessingStatus', example: ProcessingStatus.Running })
  status!: ProcessingStatus;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'waveform',
    description: 'The step at work, or the one that failed.',
  })
  step!: string | null;

  @ApiProperty({ minimum: 0, maximum: 1, example: 0.5, description: '0 to 1, over all steps.' })
  progress!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 0,
    description: "Runs that ended in an error; a worker's death is none.",
  })
  attempts!: number;

  @ApiProperty({ type: ProcessingErrorResponse, nullable: true })
  error!: ProcessingErrorResponse | null;

  @ApiProperty({ type: [ProcessingStepResponse] })
  steps!: ProcessingStepResponse[];

  @ApiProperty({ type: [String], format: 'uuid', description: 'Files that were made of it: GET /v1/files/{id}.' })
  results!: string[];
}

export function toProcessingResponse({ processed, steps, results }: ProcessingState): ProcessingResponse {
  return {
    fileId: processed.fileId,
    status: processed.status,
    step: processed.step ?? null,
    progress: processed.progress,
    attempts: processed.attempts,
    error: processed.errorCode == null ? null : { code: processed.errorCode, message: processed.errorMessage ?? '' },
    steps: steps.map(({ name, status, startedAt, finishedAt }) => ({
      name,
      status,
      startedAt: startedAt ?? null,
      finishedAt: finishedAt ?? null,
    })),
    results: [...results],
  };
}
