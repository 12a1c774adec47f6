import { Controller, Get, Header, Param, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { sendContent } from '../content/index.js';
import { ApiErrors, PublicRoute } from '../http/index.js';
import { PictureNameParam } from './dto/picture.params.js';
import { PictureContent } from './picture-content.js';

/** Where the URLs of pictures lead: an `<img>` cannot send a key, so the id of the revision is the permission. */
@ApiTags('pictures')
@PublicRoute()
@ApiErrors(400, 404, 409, 412, 416, 503)
@Controller('pictures')
export class PictureContentController {
  constructor(private readonly content: PictureContent) {}

  /** Serves HEAD too. */
  @Get(':revisionId/:name')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Show a picture',
    description: 'Needs no key. Byte ranges and conditions work. Browsers and CDNs may keep it for a year.',
    security: [],
  })
  @ApiOkResponse({
    description: 'The picture.',
    content: Object.fromEntries(
      ['image/jpeg', 'image/png'].map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
    ),
  })
  @ApiResponse({ status: 206, description: 'The part that was asked for.' })
  @ApiResponse({ status: 304, description: 'The picture that the client has.' })
  async show(@Param() name: PictureNameParam, @Req() request: Request, @Res() response: Response): Promise<void> {
    await sendContent(response, await this.content.open(name, request));
  }
}
