import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { RequireScopes, Scope } from '../auth/index.js';
import { ApiErrors } from '../http/index.js';
import { FileListResponse, toFileListResponse } from './dto/file-list.response.js';
import { LIST_FILES, ListFilesQuery, toFileQuery } from './dto/list-files.query.js';
import { FileListing } from './file-listing.js';

@ApiTags('files')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(401, 403, 503)
@Controller('files')
export class ListingController {
  constructor(private readonly listing: FileListing) {}

  @Get()
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    operationId: 'Files_list',
    summary: 'List files',
    description: LIST_FILES,
  })
  @ApiOkResponse({ type: FileListResponse })
  @ApiErrors(400)
  async list(@Query() query: ListFilesQuery): Promise<FileListResponse> {
    return toFileListResponse(await this.listing.list(toFileQuery(query)));
  }
}
