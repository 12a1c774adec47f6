import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { PUBLIC_ROUTE } from '../http/index.js';
import { ApiKeys } from './api-keys.js';
import { REQUIRED_SCOPES, type AuthenticatedRequest } from './auth.decorators.js';
import { NotAuthenticatedError } from './auth.errors.js';
import { assertScopes, type Scope } from './principal.js';

/** Lets in who has a key with the scopes of the route. A route that names none lets in nobody. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeys,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC_ROUTE, targets) === true) return true;
    const required = this.reflector.getAllAndOverride<readonly Scope[] | undefined>(REQUIRED_SCOPES, targets);
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const key = keyOf(request);
    if (key === undefined) throw new NotAuthenticatedError('API_KEY_MISSING');
    const principal = await this.keys.find(key);
    if (principal === undefined) throw new NotAuthenticatedError('API_KEY_INVALID');
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
}

function keyOf({ headers }: AuthenticatedRequest): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const plain = headers['x-api-key'];
  return bearer ?? (typeof plain === 'string' && plain !== '' ? plain : undefined);
}
