import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';
import { RequireScopes, Scope } from '../auth/index.js';
import { ApiErrors } from '../http/index.js';
import { ProcessingResponse, toProcessingResponse } from './dto/processing.response.js';
import { ProcessingService } from './processing.service.js';

/** The id of a processed file in a path. */
export class ProcessedFileIdParam {
  @ApiProperty({ format: 'uuid', example: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a' })
  @IsUUID(undefined, { message: 'fileId must be the UUID of a file' })
  fileId!: string;
}

@ApiTags('processing')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('processing')
export class ProcessingController {
  constructor(private readonly processing: ProcessingService) {}

  @Get(':fileId')
  @RequireScopes(Scope.ProcessingRead)
  @ApiOperation({ summary: 'See how far the processing of a file is' })
  @ApiOkResponse({ type: ProcessingResponse })
  @ApiErrors(404)
  async get(@Param() { fileId }: ProcessedFileIdParam): Promise<ProcessingResponse> {
    return toProcessingResponse(await this.processing.get(fileId));
  }
}
