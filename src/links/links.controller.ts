import { Body, Controller, Headers, Param, Post, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiCreatedResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { FileIdParam } from '../files/index.js';
import { ApiErrors, ApiIdempotencyKey, RequireJson } from '../http/index.js';
import { idempotentRequest } from '../idempotency/index.js';
import { CreateLinkRequest, CreateLinksRequest } from './dto/create-link.request.js';
import { LinkResponse, LinksResponse, toLinkResponse, toLinksResponse } from './dto/link.response.js';
import { LinksService } from './links.service.js';

@ApiTags('files')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 503)
@UseGuards(RequireJson)
@Controller()
export class LinksController {
  constructor(private readonly links: LinksService) {}

  @Post('files/:id/links')
  @RequireScopes(Scope.LinksCreate)
  @ApiOperation({
    // The name that generated clients know it by, from when FilesController had the route.
    operationId: 'Files_link',
    summary: 'Make an expiring link',
    description: 'Downloads the same bytes under the original name; byte ranges work. The link is a secret.',
  })
  @ApiIdempotencyKey('Repeating the request gives a link that ends when the first one does.')
  @ApiCreatedResponse({ type: LinkResponse })
  @ApiBody({ type: CreateLinkRequest, required: false, examples: { hour: { value: { expiresInSeconds: 3600 } } } })
  async create(
    @Param() { id }: FileIdParam,
    @Body() body: CreateLinkRequest,
    @CurrentActor() actor: Actor,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<LinkResponse> {
    const idempotent = idempotentRequest(actor.principal.id, key, ['POST', `/files/${id}/links`, JSON.stringify(body)]);
    return toLinkResponse(await this.links.create(id, { request: body, actor, idempotent }));
  }

  @Post('links')
  @RequireScopes(Scope.LinksCreate)
  @ApiOperation({
    summary: 'Make expiring links to several files',
    description: 'To each of them or to none: where some cannot be linked, `details.files` says which and why.',
  })
  @ApiIdempotencyKey('Repeating the request gives links that end when the first ones do.')
  @ApiCreatedResponse({ type: LinksResponse })
  @ApiBody({
    type: CreateLinksRequest,
    examples: { hour: { value: { fileIds: ['019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a'], expiresInSeconds: 3600 } } },
  })
  async createMany(
    @Body() { fileIds, ...request }: CreateLinksRequest,
    @CurrentActor() actor: Actor,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<LinksResponse> {
    const parts = ['POST', '/links', JSON.stringify({ fileIds, ...request })];
    const idempotent = idempotentRequest(actor.principal.id, key, parts);
    return toLinksResponse(await this.links.createMany(fileIds, { request, actor, idempotent }));
  }
}
