import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, ApiFormFile, ApiIdempotencyKey } from '../http/index.js';
import { FileListResponse, PageQuery, toFileListResponse } from '../listing/index.js';
import { StoredFileResponse } from '../uploads/index.js';
import { ClipQuery, SessionIdParam } from './dto/session.params.js';
import { SessionUploads } from './session-uploads.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('sessions')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('sessions/:id/clips')
export class SessionClipsController {
  constructor(
    private readonly uploads: SessionUploads,
    private readonly sessions: SessionsService,
  ) {}

  @Post()
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Upload a clip of a session',
    description: 'The sound of one quote, as WAV, in the form field `file`.',
  })
  @ApiFormFile()
  @ApiIdempotencyKey('Repeating the request stores nothing twice.')
  @ApiCreatedResponse({ type: StoredFileResponse, description: 'Stored; `metadata.quoteId` names the quote.' })
  @ApiErrors(409, 413, 415, 422, 507)
  async upload(
    @Param() { id }: SessionIdParam,
    @Query() query: ClipQuery,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StoredFileResponse> {
    return this.uploads.clip(id, { query, actor, request, response });
  }

  @Get()
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'List the clips of a session', description: 'Newest first.' })
  @ApiOkResponse({ type: FileListResponse })
  async list(@Param() { id }: SessionIdParam, @Query() page: PageQuery): Promise<FileListResponse> {
    return toFileListResponse(await this.sessions.clips(id, page));
  }
}
