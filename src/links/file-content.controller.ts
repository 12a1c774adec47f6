import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiProduces,
  ApiResponse,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { FileThaws } from '../availability/index.js';
import { FileIdParam, FileResponse, toFileResponse } from '../files/index.js';
import { ApiErrors, RequireJson } from '../http/index.js';
import { sendDelivery } from './content-delivery.js';
import { ContentQuery } from './dto/content.query.js';
import { ThawFileRequest } from './dto/thaw-file.request.js';
import { FileContent } from './file-content.js';

const BYTES = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } as const;

@ApiTags('files')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(401, 403, 503)
@Controller('files')
export class FileContentController {
  constructor(
    private readonly content: FileContent,
    private readonly thaws: FileThaws,
  ) {}

  /** Serves HEAD too. */
  @Get(':id/content')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'Download a file',
    description:
      'Leads to a link that lasts a minute, or with `proxy=1` streams through the service, where conditions and one byte ' +
      'range count. HEAD is answered by the service itself. Authorize with the Authorization header: a redirect drops it.',
  })
  @ApiHeader({ name: 'Range', required: false, description: 'With `proxy=1`.' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'With `proxy=1`.' })
  @ApiProduces('application/octet-stream')
  @ApiResponse({ status: 200, description: 'With `proxy=1`: the bytes, under the type of the file.', content: BYTES })
  @ApiResponse({ status: 206, description: 'With `proxy=1`: the range that was asked for.', content: BYTES })
  @ApiResponse({ status: 302, description: '`Location` is a link that lasts a minute.' })
  @ApiResponse({ status: 304, description: 'With `proxy=1`: the reader has these bytes already.' })
  @ApiErrors(400, 404, 409, 412, 416)
  async read(
    @Param() { id }: FileIdParam,
    @Query() asked: ContentQuery,
    @CurrentActor() actor: Actor,
    @Req() http: Request,
    @Res() response: Response,
  ): Promise<void> {
    await sendDelivery(response, await this.content.deliver({ id, asked, http, actor }));
  }

  @Post(':id/thaw')
  @HttpCode(202)
  @UseGuards(RequireJson)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Have an archived file thawed',
    description:
      'The store takes minutes to days, and `availability` of the file says how far it is. Asking again meanwhile changes ' +
      'nothing; asking for a thawed file keeps it readable for longer.',
  })
  @ApiBody({ type: ThawFileRequest, required: false, examples: { week: { value: { days: 7 } } } })
  @ApiAcceptedResponse({ type: FileResponse })
  @ApiErrors(400, 404, 409, 413, 415, 422, 501)
  async thaw(
    @Param() { id }: FileIdParam,
    @Body() options: ThawFileRequest,
    @CurrentActor() actor: Actor,
  ): Promise<FileResponse> {
    return toFileResponse(await this.thaws.thaw({ id, options, actor }));
  }
}
