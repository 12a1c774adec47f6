import { Body, Controller, Headers, Param, Patch, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { changeCondition, EntityTag } from '../content/index.js';
import { ApiErrors, MERGE_PATCH, RequireMergePatch } from '../http/index.js';
import { EditFileRequest } from './dto/edit-file.request.js';
import { FileIdParam } from './dto/file-id.param.js';
import { FileResponse, toFileResponse } from './dto/file.response.js';
import { FileEdits } from './file-edits.js';

@ApiTags('files')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(401, 403, 503)
@Controller('files')
export class FileEditsController {
  constructor(private readonly edits: FileEdits) {}

  @Patch(':id')
  @UseGuards(RequireMergePatch)
  @UseInterceptors(EntityTag)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Change name, tags or metadata of a file',
    description: 'A JSON merge patch, for the state that If-Match names. The answer has the new ETag.',
  })
  @ApiHeader({
    name: 'If-Match',
    required: true,
    example: '*',
    description: 'The ETag that reading the file gave, or `*` for whatever it is now.',
  })
  @ApiConsumes('application/json', MERGE_PATCH)
  @ApiBody({ type: EditFileRequest, examples: { topic: { value: { metadata: { topic: 'strategy' } } } } })
  @ApiOkResponse({ type: FileResponse })
  @ApiErrors(400, 404, 409, 412, 413, 415, 428)
  async edit(
    @Param() { id }: FileIdParam,
    @Body() changes: EditFileRequest,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentActor() actor: Actor,
  ): Promise<FileResponse> {
    const condition = changeCondition(ifMatch);
    const edit = {
      changes,
      actor,
      condition: (file: Parameters<typeof toFileResponse>[0]) => {
        condition(toFileResponse(file));
      },
    };
    return toFileResponse(await this.edits.edit(id, edit));
  }
}
