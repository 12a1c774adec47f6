import type { CorsOptions, CorsOptionsDelegate } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { Request, RequestHandler } from 'express';

/** How long a browser may go by one preflight's answer. */
const MAX_AGE_SECONDS = 3600;

const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'];

/** What clients of uploads send. A list with patterns: `*` would not stand for Authorization (Fetch standard, section 4.10). */
const REQUEST_HEADERS: readonly RegExp[] = [
  /^(?:authorization|x-api-key|idempotency-key|x-request-id)$/,
  /^(?:accept|content-type|content-disposition|range|if-(?:match|none-match|modified-since|unmodified-since|range))$/,
  /^(?:content-digest|repr-digest|content-md5)$/,
  /^(?:tus-resumable|upload-[a-z-]+|x-http-method-override|x-requested-with)$/,
  /^x-amz-[a-z0-9-]+$/,
];

/** What pages may read of an answer, beside the headers that they always may. */
const EXPOSED_HEADERS = [
  'ETag',
  'Location',
  'Retry-After',
  'Content-Range',
  'Accept-Ranges',
  'Content-Disposition',
  'X-File-Id',
  'X-Request-Id',
  'Upload-Offset',
  'Upload-Length',
  'Upload-Expires',
  'Upload-Metadata',
  'Upload-Defer-Length',
  'Upload-Concat',
  'Tus-Resumable',
  'Tus-Version',
  'Tus-Max-Size',
  'Tus-Extension',
  'Tus-Checksum-Algorithm',
];

/** Lets pages of these origins (or of all, with `*` alone) use the service; others are told nothing. */
export function corsOf(origins: readonly string[]): CorsOptionsDelegate<Request> {
  const everybody = origins.includes('*');
  return ({ headers }, callback) => {
    const { origin } = headers;
    const listed = origin !== undefined && (everybody || origins.includes(origin));
    const options: CorsOptions = {
      origin: everybody ? '*' : [...origins],
      methods: METHODS,
      allowedHeaders: askedAndAllowed(headers['access-control-request-headers']),
      exposedHeaders: EXPOSED_HEADERS,
      // For the cookies that POST /v1/sessions/:id/cookies sets; browsers take none from where everybody may ask. No request
      // of ours is let in by a cookie.
      credentials: !everybody,
      maxAge: MAX_AGE_SECONDS,
    };
    callback(null, listed ? options : { origin: false });
  };
}

/** Whether there are headers for its page depends on who asks, also where there are none: no cache may mix them up. */
export const varyByOrigin: RequestHandler = (_, response, next) => {
  response.vary('Origin');
  next();
};

function askedAndAllowed(asked: string | undefined): string[] {
  const names = (asked ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => REQUEST_HEADERS.some((pattern) => pattern.test(name)));
}
