import { Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiExcludeEndpoint,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { InvalidFilenameError } from '../files/index.js';
import { ApiErrors, ApiFormFile, ApiIdempotencyKey, ApiRawFile, RawBody } from '../http/index.js';
import { FileListResponse, PageQuery, toFileListResponse } from '../listing/index.js';
import { StoredFileResponse } from '../uploads/index.js';
import { OriginalTypeQuery, SessionFileParam, SessionIdParam } from './dto/session.params.js';
import { SessionRestoredResponse, WorkspaceResponse } from './dto/workspace.response.js';
import { SessionFiles } from './session-files.js';
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
    private readonly sessionFiles: SessionFiles,
  ) {}

  @Post(':id/files')
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Upload an original of a session',
    description:
      'One file in the form field `file`. Its type is found in its bytes and must go with its name. Recordings are processed in the background: see GET /v1/processing/{fileId}.',
  })
  @ApiFormFile()
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
    return this.uploads.original(id, { query, actor, request, response });
  }

  @Put(':id/files/:filename')
  @HttpCode(201)
  @RawBody()
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Upload an original of a session as the body of the request',
    description:
      'As `curl -T` does; otherwise like the form. Each request stores a new file: nothing is replaced. Content-Type is not looked at. Content-Digest and Repr-Digest are enforced when they come before the body; in trailers they are ignored.',
  })
  @ApiRawFile()
  @ApiIdempotencyKey('Repeating the request stores nothing twice.')
  @ApiCreatedResponse({ type: StoredFileResponse, description: 'Stored.' })
  @ApiErrors(409, 413, 415, 422, 507)
  async put(
    @Param() file: SessionFileParam,
    @Query() query: OriginalTypeQuery,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StoredFileResponse> {
    return this.uploads.rawOriginal(file, { query, actor, request, response });
  }

  /** What a client asks that forgot the name. */
  @Put(':id/files')
  @RawBody()
  @RequireScopes(Scope.FilesWrite)
  @ApiExcludeEndpoint()
  putNameless(): never {
    throw new InvalidFilenameError();
  }

  @Get(':id/files')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'List the originals of a session', description: 'Newest first.' })
  @ApiOkResponse({ type: FileListResponse })
  async files(@Param() { id }: SessionIdParam, @Query() page: PageQuery): Promise<FileListResponse> {
    return toFileListResponse(await this.sessions.originals(id, page));
  }

  @Get(':id/workspace')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'Say where the files of a session lie',
    description: 'The folders of the bucket, and how many stored files each has. A folder without files is there too.',
  })
  @ApiOkResponse({ type: WorkspaceResponse })
  async workspace(@Param() { id }: SessionIdParam): Promise<WorkspaceResponse> {
    return this.sessionFiles.workspace(id);
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScopes(Scope.FilesDelete)
  @ApiOperation({
    summary: 'Move a whole session to the trash',
    description:
      'All its stored files at once, or none. Restorable for TRASH_DAYS. What is still being uploaded is not taken along. Deleting it again changes nothing.',
  })
  @ApiNoContentResponse({ description: 'The session has no stored file any more.' })
  async trash(@Param() { id }: SessionIdParam, @CurrentActor() actor: Actor): Promise<void> {
    await this.sessions.trash(id, actor);
  }

  @Post(':id/restore')
  @HttpCode(200)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Bring a session back from the trash',
    description:
      'Exactly the files that its latest deletion took; what was deleted by itself stays in the trash. Where a file has been given the name of one of them since, the newer stays.',
  })
  @ApiOkResponse({ type: SessionRestoredResponse })
  @ApiErrors(404, 409)
  async restore(@Param() { id }: SessionIdParam, @CurrentActor() actor: Actor): Promise<SessionRestoredResponse> {
    return { sessionId: id, ...(await this.sessions.restore(id, actor)) };
  }
}
