import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../../src/auth/index.js';
import { ApiErrors, ApiFormFile, ApiIdempotencyKey } from '../../src/http/index.js';
import { PageQuery } from '../../src/listing/index.js';
import { SessionIdParam } from '../../src/sessions/index.js';
import { CaptionUploads } from './caption-uploads.js';
import { CaptionsService } from './captions.service.js';
import { CaptionListResponse, CaptionResponse, toCaptionListResponse } from './dto/caption.response.js';
import { CaptionsQuery } from './dto/captions.query.js';

@ApiTags('captions')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('sessions/:id/captions')
export class CaptionsController {
  constructor(
    private readonly uploads: CaptionUploads,
    private readonly captions: CaptionsService,
  ) {}

  @Post()
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({ summary: 'Upload captions of a session', description: 'WebVTT or SubRip, in the form field `file`.' })
  @ApiFormFile('The captions.')
  @ApiIdempotencyKey('Repeating the request stores nothing twice.')
  @ApiCreatedResponse({ type: CaptionResponse, description: 'Stored.' })
  @ApiErrors(409, 413, 415, 422, 507)
  async upload(
    @Param() { id }: SessionIdParam,
    @Query() { language }: CaptionsQuery,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CaptionResponse> {
    return this.uploads.receive({ sessionId: id, language, actor, request, response });
  }

  @Get()
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'List the captions of a session', description: 'Drafts in every language, newest first.' })
  @ApiOkResponse({ type: CaptionListResponse })
  async list(@Param() { id }: SessionIdParam, @Query() page: PageQuery): Promise<CaptionListResponse> {
    return toCaptionListResponse(await this.captions.list(id, page));
  }
}
