import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { AcceptUploadTokens, CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { FileResponse, toFileResponse } from '../files/index.js';
import { ApiErrors, ApiIdempotencyKey, JsonLimit, RequireJson } from '../http/index.js';
import { toUploadKindsResponse, UploadKindsResponse } from './dto/upload-kinds.response.js';
import { UploadIdParam } from './dto/upload-id.param.js';
import { CompleteUploadRequest, OpenUploadRequest, SignPartsRequest } from './dto/upload.requests.js';
import { OpenedUploadResponse, PartUrlsResponse, UploadResponse } from './dto/upload.responses.js';
import { RestUploads } from './rest-uploads.js';
import { COMPLETION_BYTES } from './upload-plan.js';
import { UploadTargets } from './upload-targets.js';

@ApiTags('uploads')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@ApiExtraModels(OpenUploadRequest)
@AcceptUploadTokens()
@Controller('uploads')
export class DirectUploadsController {
  constructor(
    private readonly uploads: RestUploads,
    private readonly targets: UploadTargets,
  ) {}

  @Get('kinds')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'List the kinds of files that can be sent straight to the bucket',
    description: 'With what they need besides name and size. What a kind takes is in GET /v1/kinds.',
  })
  @ApiOkResponse({ type: UploadKindsResponse })
  kinds(): UploadKindsResponse {
    return toUploadKindsResponse(this.targets);
  }

  @Post()
  @UseGuards(RequireJson)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Begin an upload straight to the bucket',
    description:
      'One request, or parts above MULTIPART_THRESHOLD_MB. Besides what stands here, the body names the parameters of the kind: `sessionId` and `type` of a session-original, `sessionId` and `category` of a session-asset, ...',
  })
  @ApiIdempotencyKey('Repeating the request opens nothing twice: the answer names the same upload, with new URLs.')
  @ApiBody({
    schema: { allOf: [{ $ref: getSchemaPath(OpenUploadRequest) }, { type: 'object', additionalProperties: true }] },
    examples: {
      original: { value: { kind: 'session-original', sessionId: '42', filename: 'interview.wav', size: 176444 } },
    },
  })
  @ApiCreatedResponse({ type: OpenedUploadResponse })
  @ApiErrors(409, 413, 415, 422, 501, 507)
  open(
    @Body() body: Record<string, unknown>,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @CurrentActor() actor: Actor,
  ): Promise<OpenedUploadResponse> {
    return this.uploads.open({ body, actor, idempotencyKey });
  }

  @Post(':id/parts')
  @HttpCode(200)
  @UseGuards(RequireJson)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({ summary: 'Sign URLs of more parts, or new ones for those that expired' })
  @ApiBody({ type: SignPartsRequest, examples: { next: { value: { from: 101, count: 100 } } } })
  @ApiOkResponse({ type: PartUrlsResponse })
  @ApiErrors(404, 409, 413, 415)
  signParts(
    @Param() { id }: UploadIdParam,
    @Body() range: SignPartsRequest,
    @CurrentActor() actor: Actor,
  ): Promise<PartUrlsResponse> {
    return this.uploads.signParts(id, range, actor);
  }

  @Get(':id')
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({ summary: 'Say how far an upload is', description: 'Asking puts its expiry off.' })
  @ApiOkResponse({ type: UploadResponse })
  @ApiErrors(404)
  status(@Param() { id }: UploadIdParam, @CurrentActor() actor: Actor): Promise<UploadResponse> {
    return this.uploads.status(id, actor);
  }

  @Post(':id/complete')
  @HttpCode(200)
  @UseGuards(RequireJson)
  @JsonLimit(COMPLETION_BYTES)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Finish an upload',
    description:
      'Checks size, type and checksum. Completing twice is one success. What is not what was declared is rejected: its bytes are removed, and the record says why.',
  })
  @ApiBody({ type: CompleteUploadRequest, required: false, examples: { all: { value: {} } } })
  @ApiOkResponse({ type: FileResponse })
  @ApiErrors(404, 409, 413, 415, 422, 507)
  async complete(
    @Param() { id }: UploadIdParam,
    @Body() request: CompleteUploadRequest = new CompleteUploadRequest(),
    @CurrentActor() actor: Actor,
  ): Promise<FileResponse> {
    return toFileResponse(await this.uploads.complete(id, request, actor));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({ summary: 'Give an upload up', description: 'What was sent of it goes. Again: 204.' })
  @ApiNoContentResponse({ description: 'The upload is over. A completed one stays completed.' })
  @ApiErrors(404)
  async abort(@Param() { id }: UploadIdParam, @CurrentActor() actor: Actor): Promise<void> {
    await this.uploads.abort(id, actor);
  }
}
