import { createParamDecorator, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type {} from 'pino-http';
import type { Actor, Scope } from './principal.js';

export const REQUIRED_SCOPES = 'auth:required-scopes';

/** A request that the guard let in. */
export interface AuthenticatedRequest extends Request {
  actor?: Actor;
  /** The credential that stood in the path. */
  pathToken?: string;
}

export const UPLOAD_TOKENS = 'auth:upload-tokens';

/** Lets upload tokens in, which open no other route. */
export function AcceptUploadTokens(): CustomDecorator {
  return SetMetadata(UPLOAD_TOKENS, true);
}

/** What a principal must be allowed to, all of it, to use this route. */
export function RequireScopes(...scopes: [Scope, ...Scope[]]): CustomDecorator {
  return SetMetadata(REQUIRED_SCOPES, scopes);
}

/** The actor of this request. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const { actor } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (actor === undefined) throw new Error('CurrentActor on a route that the guard does not protect');
  return actor;
});
