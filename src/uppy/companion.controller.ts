import { COMPLETION_BYTES } from '../direct-uploads/index.js';
import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiQuery, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { AcceptUploadTokens, CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { FileResponse, toFileResponse } from '../files/index.js';
import { ApiErrors, JsonLimit, RequireJson } from '../http/index.js';
import { Companion } from './companion.js';
import {
  BatchQuery,
  BeginMultipartRequest,
  CompleteMultipartRequest,
  FinalizeQuery,
  FinalizeRequest,
  KeyQuery,
  PartParam,
  UploadIdParam,
} from './dto/uppy.requests.js';
import {
  UppyBatchResponse,
  UppyCompletedResponse,
  UppyFormResponse,
  UppyMultipartResponse,
  UppyPartResponse,
  UppyPartUrlResponse,
} from './dto/uppy.responses.js';

/** What Uppy's companion mode asks of a server. Below `/v1/s3/t/{token}` likewise, with an upload token in the path. */
@ApiTags('uppy')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@RequireScopes(Scope.FilesWrite)
@AcceptUploadTokens()
@Controller('s3')
export class CompanionController {
  constructor(private readonly companion: Companion) {}

  @Get('params')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Begin an upload in one request',
    description:
      'Answers the form that Uppy sends to the store. Afterwards POST /v1/s3/finalize makes the file of it; without, the service finds it within some minutes.',
  })
  @ApiQuery({ name: 'filename', schema: { type: 'string', maxLength: 1024 }, example: 'interview.wav' })
  @ApiQuery({ name: 'type', required: false, schema: { type: 'string' }, description: 'Taken note of by nobody.' })
  @ApiQuery({
    name: 'metadata',
    required: false,
    style: 'deepObject',
    explode: true,
    schema: { type: 'object', additionalProperties: { type: 'string' } },
    description: '`kind`, `size` in bytes, and the parameters of the kind. What the kind does not know is ignored.',
  })
  @ApiOkResponse({ type: UppyFormResponse })
  @ApiErrors(413, 415, 422, 501, 507)
  params(@Query() query: Record<string, unknown>, @CurrentActor() actor: Actor): Promise<UppyFormResponse> {
    return this.companion.params(query, actor);
  }

  @Post('multipart')
  @HttpCode(200)
  @UseGuards(RequireJson)
  @ApiOperation({ summary: 'Begin an upload in parts' })
  @ApiBody({
    type: BeginMultipartRequest,
    examples: { original: { value: { filename: 'interview.wav', type: 'audio/wav', metadata: { sessionId: '42' } } } },
  })
  @ApiOkResponse({ type: UppyMultipartResponse })
  @ApiErrors(413, 415, 422, 507)
  begin(@Body() request: BeginMultipartRequest, @CurrentActor() actor: Actor): Promise<UppyMultipartResponse> {
    return this.companion.begin(request, actor);
  }

  @Get('multipart/:uploadId')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'List the parts that the store has, all of them' })
  @ApiOkResponse({ type: [UppyPartResponse] })
  @ApiErrors(404, 409)
  parts(
    @Param() { uploadId }: UploadIdParam,
    @Query() { key }: KeyQuery,
    @CurrentActor() actor: Actor,
  ): Promise<readonly UppyPartResponse[]> {
    return this.companion.parts({ uploadId, key }, actor);
  }

  @Get('multipart/:uploadId/batch')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Sign URLs of several parts' })
  @ApiOkResponse({ type: UppyBatchResponse })
  @ApiErrors(404, 409)
  signBatch(
    @Param() { uploadId }: UploadIdParam,
    @Query() { key, partNumbers }: BatchQuery,
    @CurrentActor() actor: Actor,
  ): Promise<UppyBatchResponse> {
    return this.companion.signBatch({ uploadId, key }, partNumbers, actor);
  }

  @Get('multipart/:uploadId/:partNumber')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Sign the URL of a part' })
  @ApiOkResponse({ type: UppyPartUrlResponse })
  @ApiErrors(404, 409)
  signPart(
    @Param() { uploadId, partNumber }: PartParam,
    @Query() { key }: KeyQuery,
    @CurrentActor() actor: Actor,
  ): Promise<UppyPartUrlResponse> {
    return this.companion.signPart({ uploadId, key }, partNumber, actor);
  }

  @Post('multipart/:uploadId/complete')
  @HttpCode(200)
  @JsonLimit(COMPLETION_BYTES)
  @UseGuards(RequireJson)
  @ApiOperation({
    summary: 'Finish an upload in parts',
    description: 'Checks size and type. What may not be stored is refused with the reason, and its bytes are removed.',
  })
  @ApiBody({
    type: CompleteMultipartRequest,
    examples: { one: { value: { parts: [{ PartNumber: 1, ETag: '"5eb63bbbe01eeed093cb22bb8f5acdc3"' }] } } },
  })
  @ApiOkResponse({ type: UppyCompletedResponse })
  @ApiErrors(404, 409, 413, 415, 422, 507)
  complete(
    @Param() { uploadId }: UploadIdParam,
    @Query() { key }: KeyQuery,
    @Body() request: CompleteMultipartRequest,
    @CurrentActor() actor: Actor,
  ): Promise<UppyCompletedResponse> {
    return this.companion.complete({ uploadId, key }, request, actor);
  }

  @Delete('multipart/:uploadId')
  @ApiOperation({ summary: 'Give an upload in parts up', description: 'What was sent of it goes.' })
  @ApiOkResponse({ schema: { type: 'object', maxProperties: 0 } })
  @ApiErrors(404, 409)
  abort(
    @Param() { uploadId }: UploadIdParam,
    @Query() { key }: KeyQuery,
    @CurrentActor() actor: Actor,
  ): Promise<Record<string, never>> {
    return this.companion.abort({ uploadId, key }, actor);
  }

  @Post('finalize')
  @HttpCode(200)
  @UseGuards(RequireJson)
  @ApiOperation({
    summary: 'Make a file of what was sent in one request',
    description: 'Uppy tells nobody that it is done: call this from its event `upload-success`. Again: the same file.',
  })
  @ApiBody({
    type: FinalizeRequest,
    required: false,
    examples: { form: { value: { key: 'temp/uploads/019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6b/interview.wav' } } },
  })
  @ApiOkResponse({ type: FileResponse })
  @ApiErrors(404, 409, 413, 415, 422, 507)
  async finalize(
    @Query() query: FinalizeQuery,
    @Body() body: FinalizeRequest = new FinalizeRequest(),
    @CurrentActor() actor: Actor,
  ): Promise<FileResponse> {
    return toFileResponse(await this.companion.finalize([body.key, query.key], actor));
  }
}
