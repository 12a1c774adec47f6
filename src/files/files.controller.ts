import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { EntityTag } from '../content/index.js';
import { ApiErrors, ApiIdempotencyKey, RequireJson } from '../http/index.js';
import { idempotentRequest } from '../idempotency/index.js';
import { CreateLinkRequest } from './dto/create-link.request.js';
import { FileIdParam } from './dto/file-id.param.js';
import { FileListResponse, toFileListResponse } from './dto/file-list.response.js';
import { FileResponse, toFileResponse } from './dto/file.response.js';
import { LinkResponse, toLinkResponse } from './dto/link.response.js';
import { ListFilesQuery } from './dto/list-files.query.js';
import { ObjectResponse, toObjectResponse } from './dto/object.response.js';
import { FilesService } from './files.service.js';
import { LinksService } from './links.service.js';

@ApiTags('files')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(401, 403, 503)
@Controller('files')
export class FilesController {
  constructor(
    private readonly files: FilesService,
    private readonly links: LinksService,
  ) {}

  @Get()
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'List files', description: 'Newest first; stored files unless `status` is given.' })
  @ApiOkResponse({ type: FileListResponse })
  @ApiErrors(400)
  async list(@Query() query: ListFilesQuery): Promise<FileListResponse> {
    return toFileListResponse(await this.files.list(query));
  }

  @Get(':id')
  @UseInterceptors(EntityTag)
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'Read the record of a file',
    description:
      'Whatever its status; a trashed file too. The ETag goes into If-Match of a change; If-None-Match gives 304.',
  })
  @ApiOkResponse({ type: FileResponse })
  @ApiErrors(400, 404)
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

  @Post(':id/links')
  @UseGuards(RequireJson)
  @RequireScopes(Scope.LinksCreate)
  @ApiOperation({
    summary: 'Make an expiring link',
    description: 'Downloads the same bytes under the original name; byte ranges work. The link is a secret.',
  })
  @ApiIdempotencyKey('Repeating the request gives a link that ends when the first one does.')
  @ApiCreatedResponse({ type: LinkResponse })
  @ApiBody({ type: CreateLinkRequest, required: false })
  @ApiErrors(400, 404, 409, 413, 415, 422)
  async link(
    @Param() { id }: FileIdParam,
    @Body() body: CreateLinkRequest,
    @CurrentActor() actor: Actor,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<LinkResponse> {
    const idempotent = idempotentRequest(actor.principal.id, key, ['POST', `/files/${id}/links`, JSON.stringify(body)]);
    return toLinkResponse(await this.links.create(id, body, actor, idempotent));
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
