import { Controller, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, ApiFormFile, ApiIdempotencyKey } from '../http/index.js';
import { StoredFileResponse } from '../uploads/index.js';
import { ManualUploadQuery } from './dto/session.params.js';
import { SessionUploads } from './session-uploads.js';

@ApiTags('files')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('manual-uploads')
export class ManualUploadsController {
  constructor(private readonly uploads: SessionUploads) {}

  @Post()
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Upload a file outside any session',
    description: 'One file in the form field `file`: a recording, a picture or a document. Nothing processes it.',
  })
  @ApiFormFile()
  @ApiIdempotencyKey('Repeating the request stores nothing twice.')
  @ApiCreatedResponse({ type: StoredFileResponse, description: 'Stored; `metadata.uploadId` names the upload.' })
  @ApiErrors(409, 413, 415, 422, 507)
  async upload(
    @Query() query: ManualUploadQuery,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StoredFileResponse> {
    return this.uploads.manual({ query, actor, request, response });
  }
}
