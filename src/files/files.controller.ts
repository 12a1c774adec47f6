import { Controller, Delete, Get, HttpCode, Param, Post, UseInterceptors } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { EntityTag } from '../content/index.js';
import { ApiErrors } from '../http/index.js';
import { FileIdParam } from './dto/file-id.param.js';
import { FileResponse, toFileResponse } from './dto/file.response.js';
import { ObjectResponse, toObjectResponse } from './dto/object.response.js';
import { FilesService } from './files.service.js';

@ApiTags('files')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(401, 403, 503)
@Controller('files')
export class FilesController {
  constructor(private readonly files: FilesService) {}

  @Get(':id')
  @UseInterceptors(EntityTag)
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'Read the record of a file',
    description:
      'Whatever its status; a trashed file too. The ETag goes into If-Match of a change; If-None-Match gives 304.',
  })
  @ApiOkResponse({ type: FileResponse })
  @ApiErrors(400, 404, 412)
  async get(@Param() { id }: FileIdParam): Promise<FileResponse> {
    return toFileResponse(await this.files.get(id));
  }

  @Get(':id/object')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'Ask the store for the object of a file', description: 'Live, not from the record.' })
  @ApiOkResponse({ type: ObjectResponse })
  @ApiErrors(400, 404)
  async object(@Param() { id }: FileIdParam): Promise<ObjectResponse> {
    return toObjectResponse(await this.files.inspect(id));
  }

  @Post(':id/restore')
  @HttpCode(200)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({ summary: 'Bring a file back from the trash', description: 'Its results come back with it.' })
  @ApiOkResponse({ type: FileResponse })
  @ApiErrors(400, 404, 409)
  async restore(@Param() { id }: FileIdParam, @CurrentActor() actor: Actor): Promise<FileResponse> {
    return toFileResponse(await this.files.restore(id, actor));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScopes(Scope.FilesDelete)
  @ApiOperation({
    summary: 'Move a file to the trash',
    description: 'Restorable for TRASH_DAYS; its results go along. Deleting it again changes nothing.',
  })
  @ApiNoContentResponse({ description: 'It is in the trash, or on its way out already.' })
  @ApiErrors(400, 404, 409)
  async trash(@Param() { id }: FileIdParam, @CurrentActor() actor: Actor): Promise<void> {
    await this.files.trash(id, actor);
  }
}
