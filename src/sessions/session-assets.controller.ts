import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, ApiFormFile, ApiIdempotencyKey } from '../http/index.js';
import { FileListResponse, PageQuery, toFileListResponse } from '../listing/index.js';
import { LinkQuery, StoredFileResponse } from '../uploads/index.js';
import { AssetsParam } from './dto/session.params.js';
import { SessionUploads } from './session-uploads.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('sessions')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('sessions/:id/assets/:category')
export class SessionAssetsController {
  constructor(
    private readonly uploads: SessionUploads,
    private readonly sessions: SessionsService,
  ) {}

  @Post()
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Upload an asset of a session',
    description: 'A document, slides, a sheet or a picture in the form field `file`.',
  })
  @ApiFormFile()
  @ApiIdempotencyKey('Repeating the request stores nothing twice.')
  @ApiCreatedResponse({ type: StoredFileResponse, description: 'Stored.' })
  @ApiErrors(409, 413, 415, 422, 507)
  async upload(
    @Param() assets: AssetsParam,
    @Query() query: LinkQuery,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StoredFileResponse> {
    return this.uploads.asset(assets, { query, actor, request, response });
  }

  @Get()
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'List the assets of a session in one category', description: 'Newest first.' })
  @ApiOkResponse({ type: FileListResponse })
  async list(@Param() assets: AssetsParam, @Query() page: PageQuery): Promise<FileListResponse> {
    return toFileListResponse(await this.sessions.assets(assets, page));
  }
}
