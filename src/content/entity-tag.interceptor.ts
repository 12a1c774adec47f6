import { createHash } from 'node:crypto';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import { entityTagMatches, headerOf } from './conditional-request.js';

/** The strong entity tag of a representation, without quotes: what is answered, byte for byte, has this one. */
export function entityTagOf(representation: object): string {
  return createHash('sha256').update(JSON.stringify(representation)).digest('base64url');
}

/** Answers with the ETag of what the route returns; a reader who has it already (If-None-Match) with 304. */
@Injectable()
export class EntityTag implements NestInterceptor<object, object | undefined> {
  intercept(context: ExecutionContext, next: CallHandler<object>): Observable<object | undefined> {
    const http = context.switchToHttp();
    const { method, headers } = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const known = method === 'GET' || method === 'HEAD' ? headerOf(headers, 'if-none-match') : undefined;
    return next.handle().pipe(
      map((representation) => {
        const etag = entityTagOf(representation);
        response.setHeader('ETag', `"${etag}"`);
        if (known === undefined || !entityTagMatches(known, { etag, comparison: 'weak' })) return representation;
        response.status(304);
        return undefined;
      }),
    );
  }
}
