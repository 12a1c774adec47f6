import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { UnsupportedBodyError } from './json-body.js';

/** Refuses a body that is not JSON, where its options would be left out without a word. No body at all is fine. */
@Injectable()
export class RequireJson implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
    const hasBody = chunked !== undefined || Number(length ?? 0) > 0;
    if (hasBody && request.is('json') === false) throw new UnsupportedBodyError();
    return true;
  }
}

/** Likewise where a form does as well as JSON. */
@Injectable()
export class RequireJsonOrForm extends RequireJson {
  override canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    return typeof request.is('multipart/form-data') === 'string' || super.canActivate(context);
  }
}
