import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { DeletionOutcome, type Deletion } from '../file-trash.js';

/** What became of one file. */
export class DeletionResponse {
  @ApiProperty({ format: 'uuid', example: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a' })
  fileId!: string;

  @ApiProperty({
    enum: DeletionOutcome,
    enumName: 'DeletionOutcome',
    example: DeletionOutcome.Trashed,
    description: '`trashed`: in the trash now, or on its way out already. `refused`: it stays; `code` says why.',
  })
  outcome!: DeletionOutcome;

  @ApiPropertyOptional({
    example: 'FILE_NOT_STORED',
    description: 'Where it is not in the trash: the code of the error.',
  })
  code?: string;
}

/** What became of each file, in the order of the request. */
export class BatchDeleteResponse {
  @ApiProperty({ type: [DeletionResponse] })
  items!: DeletionResponse[];
}

export function toBatchDeleteResponse(deletions: readonly Deletion[]): BatchDeleteResponse {
  return { items: deletions.map(({ id, ...rest }) => ({ fileId: id, ...rest })) };
}
