import { Body, Controller, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { FileIdParam } from '../files/index.js';
import { ApiErrors, RequireJson } from '../http/index.js';
import { BatchDeleteRequest } from './dto/batch-delete.request.js';
import { BatchDeleteResponse, toBatchDeleteResponse } from './dto/batch-delete.response.js';
import { FileTrash } from './file-trash.js';

@ApiTags('files')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(401, 403, 503)
@Controller('files')
export class TrashController {
  constructor(private readonly bin: FileTrash) {}

  @Post('batch-delete')
  @HttpCode(200)
  @UseGuards(RequireJson)
  @RequireScopes(Scope.FilesDelete)
  @ApiOperation({
    summary: 'Move up to 100 files to the trash',
    description: 'One that cannot be moved keeps no other back; the answer says of each what became of it.',
  })
  @ApiOkResponse({ type: BatchDeleteResponse })
  @ApiBody({
    type: BatchDeleteRequest,
    examples: { one: { value: { fileIds: ['019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a'] } } },
  })
  @ApiErrors(400, 413, 415)
  async deleteMany(
    @Body() { fileIds }: BatchDeleteRequest,
    @CurrentActor() actor: Actor,
  ): Promise<BatchDeleteResponse> {
    return toBatchDeleteResponse(await this.bin.trashMany(fileIds, actor));
  }

  @Post(':id/purge')
  @HttpCode(202)
  @RequireScopes(Scope.FilesDelete)
  @ApiOperation({
    summary: 'Remove a trashed file for good',
    description:
      'With the results that are in the trash with it. Nothing brings it back, whenever the store lets its objects go.',
  })
  @ApiAcceptedResponse({ description: 'It is gone, or on its way out.' })
  @ApiErrors(400, 404, 409)
  async purge(@Param() { id }: FileIdParam, @CurrentActor() actor: Actor): Promise<void> {
    await this.bin.purge(id, actor);
  }
}
