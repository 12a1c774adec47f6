import { Controller, Get, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
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
import { ApiErrors, ApiIdempotencyKey, JsonLimit, RequireJsonOrForm } from '../http/index.js';
import { FileListResponse, toFileListResponse } from '../listing/index.js';
import { StoredFileResponse } from '../uploads/index.js';
import { ApiContent } from './api-content.decorator.js';
import { TranscriptNameParam } from './dto/named-file.params.js';
import { PostTranscriptRequest } from './dto/posted.requests.js';
import { PostTranscriptQuery, ResultsQuery, SessionIdParam, SourceQuery } from './dto/session.params.js';
import { MAX_CONTENT_BYTES } from './posted-content.js';
import { SessionContent } from './session-content.js';
import { SessionTranscripts } from './session-transcripts.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('sessions')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('sessions')
export class SessionTranscriptsController {
  constructor(
    private readonly posted: SessionTranscripts,
    private readonly sessions: SessionsService,
    private readonly content: SessionContent,
  ) {}

  @Post(':id/transcripts')
  @UseGuards(RequireJsonOrForm)
  @JsonLimit(MAX_CONTENT_BYTES)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Post a transcript',
    description:
      'UTF-8, at most 10 MiB, and what its extension says. As JSON, or as a form with the file in the field `file`: its name counts then. With `sourceFileId` it belongs to that recording. The same name again replaces it.',
  })
  @ApiBody({
    type: PostTranscriptRequest,
    examples: { text: { value: { name: 'full_transcript.txt', content: 'Welcome, all.' } } },
  })
  @ApiIdempotencyKey('Repeating the request stores nothing twice.')
  @ApiCreatedResponse({ type: StoredFileResponse, description: 'Stored.' })
  @ApiErrors(404, 409, 413, 415, 422, 507)
  async post(
    @Param() { id }: SessionIdParam,
    @Query() query: PostTranscriptQuery,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StoredFileResponse> {
    return this.posted.store({ sessionId: id, query, actor, request, response });
  }

  @Get(':id/transcripts')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'List the transcripts of a session', description: 'Newest first.' })
  @ApiOkResponse({ type: FileListResponse })
  async list(@Param() { id }: SessionIdParam, @Query() query: ResultsQuery): Promise<FileListResponse> {
    return toFileListResponse(await this.sessions.transcripts(id, query));
  }

  @Get(':id/transcripts/:name')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'Read a transcript', description: 'The text itself.' })
  @ApiContent('text/plain', 'application/json', 'text/vtt', 'application/x-subrip')
  async read(
    @Param() { id, name }: TranscriptNameParam,
    @Query() { sourceFileId }: SourceQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await sendContent(response, await this.content.transcript({ sessionId: id, name, sourceFileId }, request));
  }
}
