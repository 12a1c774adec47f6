import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { RequireScopes, Scope } from '../auth/index.js';
import { ApiErrors } from '../http/index.js';
import { FileKinds } from '../storage/index.js';
import { KindsResponse, toKindsResponse } from './dto/kinds.response.js';

@ApiTags('files')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(401, 403, 503)
@Controller('kinds')
export class KindsController {
  constructor(private readonly kinds: FileKinds) {}

  @Get()
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'List the kinds of files',
    description: 'Where they lie, what is accepted, who may get a link.',
  })
  @ApiOkResponse({ type: KindsResponse })
  list(): KindsResponse {
    return toKindsResponse(this.kinds);
  }
}
