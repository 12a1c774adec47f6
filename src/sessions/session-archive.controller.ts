import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProduces, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { RequireScopes, Scope } from '../auth/index.js';
import { sendContent } from '../content/index.js';
import { ApiErrors } from '../http/index.js';
import { SessionIdParam } from './dto/session.params.js';
import { SessionArchive } from './session-archive.js';

@ApiTags('sessions')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('sessions')
export class SessionArchiveController {
  constructor(private readonly archive: SessionArchive) {}

  /** Serves HEAD too. */
  @Get(':id/archive')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'Download a whole session as a ZIP',
    description:
      'Every stored file, in a folder for each sort, and a manifest.json with ids, keys, sizes and SHA-256. With a file that is archived or in quarantine it is 409, and `details.files` names all of those. Packed while it is sent; when a file cannot be read the connection is cut, and what came is no ZIP.',
  })
  @ApiProduces('application/zip')
  @ApiOkResponse({
    description: 'The archive.',
    content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiErrors(404, 409)
  async download(
    @Param() { id }: SessionIdParam,
    @Req() { method }: Request,
    @Res() response: Response,
  ): Promise<void> {
    await sendContent(response, await this.archive.open(id, method));
  }
}
