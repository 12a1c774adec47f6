import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, ApiIdempotencyKey } from '../http/index.js';
import { FileListResponse, PageQuery, toFileListResponse } from '../files/index.js';
import { StoredFileResponse } from './dto/session-file.response.js';
import { OriginalTypeQuery, SessionIdParam } from './dto/session.params.js';
import { SessionUploads } from './session-uploads.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('sessions')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('sessions')
export class SessionsController {
  constructor(
    private readonly uploads: SessionUploads,
    private readonly sessions: SessionsService,
  ) {}

  @Post(':id/files')
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Upload an original of a session',
    description:
      'One file in the form field `file`. Its type is found in its bytes and must go with its name. Recordings are processed in the background: see GET /v1/processing/{fileId}.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    required: true,
    schema: {
      type: 'object',
      required: ['file'],
      properties: { file: { type: 'string', format: 'binary', description: 'The file.' } },
    },
  })
  @ApiIdempotencyKey('Repeating the request stores nothing twice.')
  @ApiCreatedResponse({ type: StoredFileResponse, description: 'Stored.' })
  @ApiErrors(409, 413, 415, 422, 507)
  async upload(
    @Param() { id }: SessionIdParam,
    @Query() query: OriginalTypeQuery,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StoredFileResponse> {
    return this.uploads.receive({ sessionId: id, query, actor, request, response });
  }

  @Get(':id/files')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'List the originals of a session', description: 'Newest first.' })
  @ApiOkResponse({ type: FileListResponse })
  async files(@Param() { id }: SessionIdParam, @Query() page: PageQuery): Promise<FileListResponse> {
    return toFileListResponse(await this.sessions.originals(id, page));
  }

  @Get(':id/results')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'List the results of a session', description: 'Of all its recordings, newest first.' })
  @ApiOkResponse({ type: FileListResponse })
  async results(@Param() { id }: SessionIdParam, @Query() page: PageQuery): Promise<FileListResponse> {
    return toFileListResponse(await this.sessions.results(id, page));
  }
}
