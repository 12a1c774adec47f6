import { Controller, Delete, Head, Options, Param, Patch, Post, Req, Res, UseFilters } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiExcludeEndpoint,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AcceptUploadTokens, CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, PublicRoute, RawBody } from '../http/index.js';
import { TusUploadIdParam } from './dto/tus-upload-id.param.js';
import { TusErrorFilter } from './tus-error.filter.js';
import { TusProtocol, type TusCall } from './tus-protocol.js';
import { markAsTus, sendReply } from './tus-reply.js';

@AcceptUploadTokens()
@ApiTags('uploads')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 412, 503)
@ApiHeader({ name: 'Tus-Resumable', required: true, schema: { type: 'string', enum: ['1.0.0'] } })
@RawBody()
@UseFilters(TusErrorFilter)
@Controller('tus')
export class TusController {
  constructor(private readonly protocol: TusProtocol) {}

  @Options(['', ':id'])
  @PublicRoute()
  @ApiExcludeEndpoint()
  options(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.answer(response, { request });
  }

  @Post()
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Begin a resumable upload (tus 1.0)',
    description:
      'With creation-with-upload, creation-defer-length, termination and expiration; for clients such as tus-js-client. The metadata names `filename`, and as `kind` and its parameters what POST /v1/uploads takes; without a kind the file is the original of the session `sessionId`, else a manual upload. `sha256` (base64) is enforced at the end.',
  })
  @ApiHeader({ name: 'Upload-Length', schema: { type: 'integer' }, description: 'Bytes; or Upload-Defer-Length: 1.' })
  @ApiHeader({ name: 'Upload-Metadata', schema: { type: 'string' }, description: 'Names, each with a base64 value.' })
  @ApiCreatedResponse({
    description: 'Begun.',
    headers: { Location: { schema: { type: 'string', format: 'uri' }, description: 'Where its bytes go.' } },
  })
  @ApiErrors(409, 413, 415, 422, 507)
  create(@Req() request: Request, @Res() response: Response, @CurrentActor() actor: Actor): Promise<void> {
    return this.answer(response, { request, actor });
  }

  @Head(':id')
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({ summary: 'Say how far a resumable upload is', description: 'Asking puts its expiry off.' })
  @ApiOkResponse({
    description: 'How far it is.',
    headers: {
      'Upload-Offset': { schema: { type: 'integer' }, description: 'Bytes that need not be sent again.' },
      'X-File-Id': { schema: { type: 'string', format: 'uuid' }, description: 'The file, once it is complete.' },
    },
  })
  @ApiErrors(404, 410, 423)
  head(
    @Param() { id }: TusUploadIdParam,
    @Req() request: Request,
    @Res() response: Response,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.answer(response, { request, id, actor });
  }

  @Patch(':id')
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Send bytes of a resumable upload',
    description: 'With the last byte the file is checked and stored: `X-File-Id` names it.',
  })
  @ApiHeader({ name: 'Upload-Offset', required: true, schema: { type: 'integer' } })
  @ApiNoContentResponse({ description: 'Upload-Offset says how far it is.' })
  @ApiErrors(404, 409, 410, 413, 415, 422, 423, 507)
  patch(
    @Param() { id }: TusUploadIdParam,
    @Req() request: Request,
    @Res() response: Response,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.answer(response, { request, id, actor });
  }

  @Post(':id')
  @RequireScopes(Scope.FilesWrite)
  @ApiExcludeEndpoint()
  override(
    @Param() { id }: TusUploadIdParam,
    @Req() request: Request,
    @Res() response: Response,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.answer(response, { request, id, actor });
  }

  @Delete(':id')
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({ summary: 'Give a resumable upload up', description: 'What was sent of it goes. Again: 204.' })
  @ApiNoContentResponse({ description: 'The upload is over. A completed one stays completed.' })
  @ApiErrors(404, 423)
  terminate(
    @Param() { id }: TusUploadIdParam,
    @Req() request: Request,
    @Res() response: Response,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.answer(response, { request, id, actor });
  }

  private async answer(response: Response, call: TusCall): Promise<void> {
    markAsTus(response);
    sendReply({ request: call.request, response }, await this.protocol.handle(call));
  }
}
