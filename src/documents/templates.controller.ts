import { Controller, Get, Param, Put, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, ApiFormFile, ApiIdempotencyKey } from '../http/index.js';
import { PageQuery } from '../listing/index.js';
import { TemplateFamilyParam, TemplateParam } from './dto/template.params.js';
import {
  TemplateListResponse,
  TemplateResponse,
  TemplateRevisionsResponse,
  toTemplateResponse,
  toTemplateRevisionsResponse,
} from './dto/template.response.js';
import { TemplatesService } from './templates.service.js';
import { TemplateUploads } from './template-uploads.js';

@ApiTags('templates')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('templates/:family')
export class TemplatesController {
  constructor(
    private readonly templates: TemplatesService,
    private readonly uploads: TemplateUploads,
  ) {}

  @Get()
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'List the templates of a family',
    description: 'Their current revisions, the latest first.',
  })
  @ApiOkResponse({ type: TemplateListResponse })
  async list(@Param() { family }: TemplateFamilyParam, @Query() page: PageQuery): Promise<TemplateListResponse> {
    const { items, nextCursor } = await this.templates.list(family, page);
    return { items: items.map(toTemplateResponse), nextCursor };
  }

  @Get(':name')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'Read a template',
    description:
      'Its current revision, and earlier ones. Of two that differ by extension alone, a name without extension means the one that was stored last.',
  })
  @ApiOkResponse({ type: TemplateRevisionsResponse })
  @ApiErrors(404)
  async get(@Param() template: TemplateParam): Promise<TemplateRevisionsResponse> {
    return toTemplateRevisionsResponse(await this.templates.get(template));
  }

  @Put(':name')
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Store or replace a template',
    description:
      'One file in the form field `file`: DOCX, for exports PPTX too. It becomes the current revision; the one before goes to the trash.',
  })
  @ApiFormFile('A DOCX or PPTX file.')
  @ApiIdempotencyKey('Repeating the request stores nothing twice.')
  @ApiOkResponse({ type: TemplateResponse, description: 'Replaced.' })
  @ApiCreatedResponse({ type: TemplateResponse, description: 'Stored; there was none of this name.' })
  @ApiErrors(409, 413, 415, 422, 507)
  async put(
    @Param() { family, name }: TemplateParam,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TemplateResponse> {
    return this.uploads.receive({ family, name, actor, request, response });
  }
}
