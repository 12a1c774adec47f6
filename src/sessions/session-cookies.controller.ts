import { Body, Controller, Headers, Param, Post, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiCreatedResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentActor, RequireScopes, Scope, type Actor } from '../auth/index.js';
import { ApiErrors, ApiIdempotencyKey, RequireJson } from '../http/index.js';
import { idempotentRequest } from '../idempotency/index.js';
import { CreateCookiesRequest } from './dto/create-cookies.request.js';
import { CookiesResponse, sendCookies } from './dto/cookies.response.js';
import { SessionIdParam } from './dto/session.params.js';
import { SessionCookies } from './session-cookies.js';

@ApiTags('sessions')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 409, 413, 415, 422, 501, 503)
@UseGuards(RequireJson)
@Controller('sessions')
export class SessionCookiesController {
  constructor(private readonly cookies: SessionCookies) {}

  @Post(':id/cookies')
  @RequireScopes(Scope.LinksCreate)
  @ApiOperation({
    summary: 'Open a session to a browser by signed cookies',
    description:
      'Sets CloudFront-Policy, CloudFront-Signature and CloudFront-Key-Pair-Id for everything below the folder of the session. The cookies are secrets. 501 without CloudFront.',
  })
  @ApiIdempotencyKey('Repeating the request gives cookies that end when the first ones do.')
  @ApiBody({ type: CreateCookiesRequest, required: false, examples: { hour: { value: { expiresInSeconds: 3600 } } } })
  @ApiCreatedResponse({
    type: CookiesResponse,
    headers: { 'Set-Cookie': { description: 'One for each cookie.', schema: { type: 'string' } } },
  })
  async create(
    @Param() { id }: SessionIdParam,
    @Body() request: CreateCookiesRequest,
    @CurrentActor() actor: Actor,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CookiesResponse> {
    const parts = ['POST', `/sessions/${id}/cookies`, JSON.stringify(request)];
    const idempotent = idempotentRequest(actor.principal.id, key, parts);
    return sendCookies(response, await this.cookies.create({ sessionId: id, request, actor, idempotent }));
  }
}
