import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { UnsupportedBodyError } from './json-body.js';
import { MERGE_PATCH } from './merge-patch.js';

/** Refuses a body that is not JSON, where its options would be left out without a word. No body at all is fine. */
@Injectable()
export class RequireJson implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return assertBodyIs(context, ['json']);
  }
}

/** Likewise where a form does as well as JSON. */
@Injectable()
export class RequireJsonOrForm implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return assertBodyIs(context, ['json', 'multipart/form-data']);
  }
}

/** Likewise for a patch, which may also say that it is a merge patch. */
@Injectable()
export class RequireMergePatch implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return assertBodyIs(context, ['json', MERGE_PATCH]);
  }
}

function assertBodyIs(context: ExecutionContext, types: string[]): true {
  const request = context.switchToHttp().getRequest<Request>();
  const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
  const hasBody = chunked !== undefined || Number(length ?? 0) > 0;
  if (hasBody && request.is(types) === false) throw new UnsupportedBodyError();
  return true;
}
