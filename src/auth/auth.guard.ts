import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { PUBLIC_ROUTE } from '../http/index.js';
import { ApiKeys } from './api-keys.js';
import { REQUIRED_SCOPES, UPLOAD_TOKENS, type AuthenticatedRequest } from './auth.decorators.js';
import { NotAuthenticatedError, UploadTokenError, UploadTokenRefusedError } from './auth.errors.js';
import { assertScopes, type Principal, type Scope } from './principal.js';
import { UploadTokens } from './upload-tokens.js';

/** Lets in who has a key with the scopes of the route. A route that names none lets in nobody. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeys,
    private readonly tokens: UploadTokens,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC_ROUTE, targets) === true) return true;
    const required = this.reflector.getAllAndOverride<readonly Scope[] | undefined>(REQUIRED_SCOPES, targets);
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const key = keyOf(request);
    if (key === undefined) throw new NotAuthenticatedError('API_KEY_MISSING');
    const principal = await this.principalOf(key);
    const takesTokens = this.reflector.getAllAndOverride<boolean | undefined>(UPLOAD_TOKENS, targets) === true;
    if (principal.kind === 'upload-token' && !takesTokens) throw new UploadTokenRefusedError();
    if (required === undefined) return false;
    const actor = {
      principal,
      ...(typeof request.id === 'string' && { requestId: request.id }),
      ...(request.ip !== undefined && { address: request.ip }),
    };
    assertScopes(actor, required);
    request.actor = actor;
    return true;
  }

  private async principalOf(credential: string): Promise<Principal> {
    if (UploadTokens.isToken(credential)) return this.tokens.get(credential);
    const principal = await this.keys.find(credential);
    if (principal === undefined) throw new NotAuthenticatedError('API_KEY_INVALID');
    return principal;
  }
}

/** What a request shows. A path is no place for an API key. */
function keyOf({ headers, pathToken }: AuthenticatedRequest): string | undefined {
  if (pathToken !== undefined) {
    if (!UploadTokens.isToken(pathToken)) throw new UploadTokenError('UPLOAD_TOKEN_INVALID');
    return pathToken;
  }
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const plain = headers['x-api-key'];
  return bearer ?? (typeof plain === 'string' && plain !== '' ? plain : undefined);
}
