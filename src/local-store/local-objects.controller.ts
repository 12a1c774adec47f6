import { Controller, Get, Header, Post, Put, Req, Res, UseFilters, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { PublicRoute, RawBody } from '../http/index.js';
import { sendContent } from '../content/index.js';
import { ExpiredLinkFilter } from './expired-link.filter.js';
import { LocalFormsService } from './local-forms.service.js';
import type { LinkRequest } from './local-link-signer.js';
import { LocalObjectsService } from './local-objects.service.js';

/** The local store's signed links, where S3's would lead to S3. Outside the API: no key is asked for, and none is needed. */
@ApiExcludeController()
@PublicRoute()
@RawBody()
@Controller({ path: 'objects', version: VERSION_NEUTRAL })
export class LocalObjectsController {
  constructor(
    private readonly objects: LocalObjectsService,
    private readonly forms: LocalFormsService,
  ) {}

  /** Serves HEAD too. */
  @Get('*key')
  async read(@Req() request: Request, @Res() response: Response): Promise<void> {
    await sendContent(response, await this.objects.open(toLinkRequest(request)));
  }

  @Put('*key')
  @UseFilters(ExpiredLinkFilter)
  async store(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<void> {
    response.setHeader('ETag', `"${await this.objects.store(toLinkRequest(request), request)}"`);
  }

  /** Signed forms, for the bucket as a whole: the key is a field. */
  @Post()
  @Header('Content-Type', 'application/xml')
  async post(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<string> {
    const posted = await this.forms.store({ contentType: request.headers['content-type'], body: request });
    response.setHeader('ETag', posted.etag);
    response.setHeader('Location', posted.location);
    return posted.answer;
  }
}

/** The router's own reading of the path is not used: a key is exactly the bytes that were signed. */
function toLinkRequest({ method, originalUrl, headers }: Request): LinkRequest {
  const [, encodedKey = '', query = ''] = /^.*?\/objects\/([^?]*)\??(.*)$/.exec(originalUrl) ?? [];
  return { method, encodedKey, query, headers };
}
