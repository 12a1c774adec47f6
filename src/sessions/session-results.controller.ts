import { Body, Controller, Get, Headers, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { sendContent } from '../content/index.js';
import { ApiErrors, ApiIdempotencyKey, JsonLimit, RequireJson } from '../http/index.js';
import { FileListResponse, toFileListResponse } from '../listing/index.js';
import { LinkQuery, StoredFileResponse } from '../uploads/index.js';
import { ApiContent } from './api-content.decorator.js';
import { ContentBodyPipe } from './content-body.pipe.js';
import { ResultNameParam } from './dto/named-file.params.js';
import { PostResultRequest } from './dto/posted.requests.js';
import { ResultsQuery, SessionIdParam, SourceQuery } from './dto/session.params.js';
import { MAX_CONTENT_BYTES } from './posted-content.js';
import { SessionContent } from './session-content.js';
import { SessionResults } from './session-results.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('sessions')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('sessions')
export class SessionResultsController {
  constructor(
    private readonly posted: SessionResults,
    private readonly sessions: SessionsService,
    private readonly content: SessionContent,
  ) {}

  @Post(':id/results')
  @UseGuards(RequireJson)
  @JsonLimit(MAX_CONTENT_BYTES)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Post a result',
    description:
      'For outside workers: JSON, at most 10 MiB, kept as `application/json`. With `sourceFileId` it belongs to that recording, and its name is unique for it; the first recording of a session has the plain names. The same name again replaces the result.',
  })
  @ApiBody({
    type: PostResultRequest,
    examples: { insights: { value: { type: 'insights', name: 'insights', content: { themes: [] } } } },
  })
  @ApiIdempotencyKey('Repeating the request stores nothing twice.')
  @ApiCreatedResponse({ type: StoredFileResponse, description: 'Stored.' })
  @ApiErrors(404, 409, 413, 415, 422, 507)
  async post(
    @Param() { id }: SessionIdParam,
    @Query() query: LinkQuery,
    @Body(new ContentBodyPipe(PostResultRequest)) body: unknown,
    @CurrentActor() actor: Actor,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
  ): Promise<StoredFileResponse> {
    return this.posted.store({ sessionId: id, query, body: body as PostResultRequest, actor, idempotencyKey });
  }

  @Get(':id/results')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'List the results of a session', description: 'Of all its recordings, newest first.' })
  @ApiOkResponse({ type: FileListResponse })
  async list(@Param() { id }: SessionIdParam, @Query() query: ResultsQuery): Promise<FileListResponse> {
    return toFileListResponse(await this.sessions.results(id, query));
  }

  @Get(':id/results/:name')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'Read a result',
    description:
      'The content itself. The plain name is of the first recording, or of the one that `sourceFileId` names.',
  })
  @ApiContent('application/json', 'image/png', 'audio/mp4')
  async read(
    @Param() { id, name }: ResultNameParam,
    @Query() { sourceFileId }: SourceQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await sendContent(response, await this.content.result({ sessionId: id, name, sourceFileId }, request));
  }
}
