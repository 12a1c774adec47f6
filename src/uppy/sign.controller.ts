import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { AcceptUploadTokens, CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, RequireJson } from '../http/index.js';
import { SignedResponse, SignRequest } from './dto/sign.dto.js';
import { RequestSigning } from './request-signing.js';

/** What Uppy's `signRequest` asks of a server. */
@ApiTags('uppy')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@ApiExtraModels(SignRequest)
@RequireScopes(Scope.FilesWrite)
@AcceptUploadTokens()
@Controller('s3')
export class SignController {
  constructor(private readonly signing: RequestSigning) {}

  @Post('sign')
  @HttpCode(200)
  @UseGuards(RequireJson)
  @ApiOperation({
    summary: "Sign a request of an upload, for Uppy's `signRequest`",
    description:
      'Besides the request, the body names `kind`, `size` in bytes and the parameters of the kind, such as `sessionId`, where an upload begins. Bytes go to the store; the other requests come back to the service, which answers as S3 does, and has verified and stored the file when the last one is answered.',
  })
  @ApiBody({
    schema: { allOf: [{ $ref: getSchemaPath(SignRequest) }, { type: 'object', additionalProperties: true }] },
    examples: { begin: { value: { method: 'POST', key: 'interview.wav', sessionId: '42' } } },
  })
  @ApiOkResponse({ type: SignedResponse })
  @ApiErrors(404, 409, 413, 415, 422, 501, 507)
  sign(@Body() body: Record<string, unknown>, @CurrentActor() actor: Actor): Promise<SignedResponse> {
    return this.signing.sign(body, actor);
  }
}
