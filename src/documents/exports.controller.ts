import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, ApiFormFile, ApiIdempotencyKey } from '../http/index.js';
import { FileListResponse, toFileListResponse } from '../listing/index.js';
import { StoredFileResponse } from '../uploads/index.js';
import { DocumentIdParam } from './dto/document.params.js';
import { ExportUploadQuery, ListExportsQuery } from './dto/export.params.js';
import { ExportUploads } from './export-uploads.js';
import { ExportsService } from './exports.service.js';

@ApiTags('documents')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('documents/:id/exports')
export class ExportsController {
  constructor(
    private readonly uploads: ExportUploads,
    private readonly exports: ExportsService,
  ) {}

  @Post()
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Store an export of a document',
    description:
      'One PDF, DOCX or PPTX file in the form field `file`. A family may be called by its folder too: `executive-summaries`.',
  })
  @ApiFormFile('A PDF, DOCX or PPTX file.')
  @ApiIdempotencyKey('Repeating the request stores nothing twice.')
  @ApiCreatedResponse({ type: StoredFileResponse, description: 'Stored.' })
  @ApiErrors(409, 413, 415, 422, 507)
  async upload(
    @Param() { id }: DocumentIdParam,
    @Query() query: ExportUploadQuery,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StoredFileResponse> {
    return this.uploads.receive({ documentId: id, query, actor, request, response });
  }

  @Get()
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'List the exports of a document', description: 'Newest first.' })
  @ApiOkResponse({ type: FileListResponse })
  async list(@Param() { id }: DocumentIdParam, @Query() query: ListExportsQuery): Promise<FileListResponse> {
    return toFileListResponse(await this.exports.list(id, query));
  }
}
