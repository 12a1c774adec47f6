import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, ApiFormFile, ApiIdempotencyKey } from '../http/index.js';
import { PageQuery } from '../listing/index.js';
import { CharterDraftUploads } from './charter-draft-uploads.js';
import { CharterDraftsService } from './charter-drafts.service.js';
import { CharterPublicationsService } from './charter-publications.service.js';
import { CharterPublishing } from './charter-publishing.js';
import {
  CharterDraftListResponse,
  CharterDraftResponse,
  toCharterDraftResponse,
} from './dto/charter-draft.response.js';
import {
  CharterPublicationListResponse,
  CharterPublicationResponse,
  toCharterPublicationResponse,
} from './dto/charter-publication.response.js';
import { CharterVersionParam, ListPublicationsQuery, PublishQuery } from './dto/charter.params.js';
import { CitationDto } from './dto/citation.dto.js';
import { DocumentIdParam } from './dto/document.params.js';

const NO_DUPLICATE = 'Repeating the request stores nothing twice.';

@ApiTags('documents')
@ApiExtraModels(CitationDto)
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('documents/:id/charter')
export class ChartersController {
  constructor(
    private readonly uploads: CharterDraftUploads,
    private readonly drafts: CharterDraftsService,
    private readonly publishing: CharterPublishing,
    private readonly publications: CharterPublicationsService,
  ) {}

  @Post('drafts')
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Store a new version of a charter',
    description:
      'The charter in the form field `charter`, a DOCX file; what it cites in `citations`, JSON of at most 1 MiB: an array of citations, or an object that has it as `citations`. The service gives the version its number: unique, growing, never given twice.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    required: true,
    schema: {
      type: 'object',
      required: ['charter'],
      properties: {
        charter: { type: 'string', format: 'binary', description: 'A DOCX file.' },
        citations: { type: 'string', format: 'binary', description: 'JSON: at most 5,000 of `CitationDto`.' },
      },
    },
  })
  @ApiIdempotencyKey(NO_DUPLICATE)
  @ApiCreatedResponse({ type: CharterDraftResponse, description: 'Stored.' })
  @ApiErrors(409, 413, 415, 422, 507)
  async upload(
    @Param() { id }: DocumentIdParam,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CharterDraftResponse> {
    return this.uploads.receive({ documentId: id, actor, request, response });
  }

  @Get('drafts')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'List the versions of a charter',
    description: 'The highest first; what is in the trash is left out.',
  })
  @ApiOkResponse({ type: CharterDraftListResponse })
  async list(@Param() { id }: DocumentIdParam, @Query() page: PageQuery): Promise<CharterDraftListResponse> {
    const { items, nextCursor } = await this.drafts.list(id, page);
    return { items: items.map(toCharterDraftResponse), nextCursor };
  }

  @Get('drafts/:version')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'Read one version of a charter', description: 'In the trash too: its files say so.' })
  @ApiOkResponse({ type: CharterDraftResponse })
  @ApiErrors(404)
  async get(@Param() { id, version }: CharterVersionParam): Promise<CharterDraftResponse> {
    return toCharterDraftResponse(await this.drafts.get({ documentId: id, version: Number(version) }));
  }

  @Post('publish')
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Publish a version of a charter',
    description:
      "The PDF in the form field `file`, under a slug that is this document's alone. The version must have citations. The same bytes of the same version again change nothing: 200 with the first publication. Anything else becomes the new current revision, and the one before goes to the trash.",
  })
  @ApiFormFile('A PDF file.')
  @ApiIdempotencyKey(NO_DUPLICATE)
  @ApiCreatedResponse({ type: CharterPublicationResponse, description: 'Published.' })
  @ApiOkResponse({ type: CharterPublicationResponse, description: 'It was published already: the first publication.' })
  @ApiErrors(404, 409, 413, 415, 422, 507)
  async publish(
    @Param() { id }: DocumentIdParam,
    @Query() _: PublishQuery,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CharterPublicationResponse> {
    return this.publishing.receive({ documentId: id, actor, request, response });
  }

  @Get('publications')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'List what was published of a charter',
    description: 'The latest first; the history stays when files go.',
  })
  @ApiOkResponse({ type: CharterPublicationListResponse })
  async published(
    @Param() { id }: DocumentIdParam,
    @Query() query: ListPublicationsQuery,
  ): Promise<CharterPublicationListResponse> {
    const { items, nextCursor } = await this.publications.list(id, query);
    return { items: items.map(({ publication, file }) => toCharterPublicationResponse(publication, file)), nextCursor };
  }
}
