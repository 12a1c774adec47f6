import { createHash } from 'node:crypto';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';

/** The strong entity tag of a representation, without quotes: what is answered, byte for byte, has this one. */
export function entityTagOf(representation: object): string {
  return createHash('sha256').update(JSON.stringify(representation)).digest('base64url');
}

/** Answers with the ETag of what the route returns; Express then answers a fitting If-None-Match with 304. */
@Injectable()
export class EntityTag implements NestInterceptor<object, object> {
  intercept(context: ExecutionContext, next: CallHandler<object>): Observable<object> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      map((representation) => {
        response.setHeader('ETag', `"${entityTagOf(representation)}"`);
        return representation;
      }),
    );
  }
}
