import { json, type ErrorRequestHandler, type RequestHandler } from 'express';
import { MERGE_PATCH } from './merge-patch.js';
import { DomainError, type DomainErrorOptions } from '../errors/index.js';

export class MalformedJsonError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'MALFORMED_JSON';
  constructor(options?: DomainErrorOptions) {
    super('The body is not JSON that can be read.', options);
  }
}

export class BodyTooLargeError extends DomainError {
  readonly kind = 'too-large';
  readonly code = 'BODY_TOO_LARGE';
  constructor(limit: string, options?: DomainErrorOptions) {
    super(`A JSON body has at most ${limit} here.`, options);
  }
}

export class UnsupportedBodyError extends DomainError {
  readonly kind = 'unsupported-type';
  readonly code = 'UNSUPPORTED_BODY';
  constructor(options?: DomainErrorOptions) {
    super('This body cannot be read. Send JSON in UTF-8, with Content-Type: application/json.', options);
  }
}

/** Reads JSON bodies of at most `limit`, written as `100kb`. */
export function jsonBody(limit: string): (RequestHandler | ErrorRequestHandler)[] {
  const nameErrors: ErrorRequestHandler = (error: unknown, _request, _response, next) => {
    next(meaningOf(error, limit));
  };
  return [json({ limit, type: ['application/json', MERGE_PATCH] }), nameErrors];
}

/** Express' body parser throws errors with the status they ask for. */
function meaningOf(cause: unknown, limit: string): unknown {
  if (!(cause instanceof Error) || !('status' in cause)) return cause;
  switch (cause.status) {
    case 413:
      return new BodyTooLargeError(limit, { cause });
    case 415:
      return new UnsupportedBodyError({ cause });
    case 400:
      return new MalformedJsonError({ cause });
    default:
      return cause;
  }
}
