import { Body, Controller, Header, Post, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiCreatedResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, RequireJson } from '../http/index.js';
import { CreateUploadTokenRequest, UploadTokenResponse } from './dto/upload-token.dto.js';
import { TokenIssuing } from './token-issuing.js';

@ApiTags('uploads')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('upload-tokens')
export class UploadTokensController {
  constructor(private readonly tokens: TokenIssuing) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  @UseGuards(RequireJson)
  @RequireScopes(Scope.FilesWrite)
  @ApiOperation({
    summary: 'Make a token that lets a browser upload, and nothing else',
    description:
      'Its holder can send files of the kind and with the parameters that the token is bound to, and finish or give up his own uploads. It ends with the API key that it was made with.',
  })
  @ApiBody({
    type: CreateUploadTokenRequest,
    required: false,
    examples: { session: { value: { kind: 'session-original', parameters: { sessionId: '42' } } } },
  })
  @ApiCreatedResponse({ type: UploadTokenResponse })
  @ApiErrors(413, 415, 422)
  create(
    @Body() request: CreateUploadTokenRequest = new CreateUploadTokenRequest(),
    @CurrentActor() actor: Actor,
  ): Promise<UploadTokenResponse> {
    return this.tokens.issue(request, actor);
  }
}
