import { createHash } from 'node:crypto';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import { PreconditionFailedError } from '../object-storage/index.js';
import { entityTagMatches, headerOf } from './conditional-request.js';

/** The strong entity tag of a representation, without quotes: what is answered, byte for byte, has this one. */
export function entityTagOf(representation: object): string {
  return createHash('sha256').update(JSON.stringify(representation)).digest('base64url');
}

/**
 * Answers with the ETag of what the route returns; a reader who has it already (If-None-Match) with 304, one who wants another
 * (If-Match) with 412. What conditions mean for a change is the route's matter.
 */
@Injectable()
export class EntityTag implements NestInterceptor<object, object | undefined> {
  intercept(context: ExecutionContext, next: CallHandler<object>): Observable<object | undefined> {
    const http = context.switchToHttp();
    const { method, headers } = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const isRead = method === 'GET' || method === 'HEAD';
    const wanted = isRead ? headerOf(headers, 'if-match') : undefined;
    const known = isRead ? headerOf(headers, 'if-none-match') : undefined;
    return next.handle().pipe(
      map((representation) => {
        const etag = entityTagOf(representation);
        response.setHeader('ETag', `"${etag}"`);
        if (wanted !== undefined && !entityTagMatches(wanted, { etag, comparison: 'strong' }))
          throw new PreconditionFailedError();
        if (known === undefined || !entityTagMatches(known, { etag, comparison: 'weak' })) return representation;
        response.status(304);
        return undefined;
      }),
    );
  }
}
