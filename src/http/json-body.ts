import { json, type ErrorRequestHandler, type RequestHandler } from 'express';
import { DomainError, type DomainErrorOptions } from '../errors/index.js';

export class MalformedJsonError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'MALFORMED_JSON';
  constructor(options?: DomainErrorOptions) {
    super('The body is not JSON that can be read.', options);
  }
}

/** Reads JSON bodies of at most `limit`. */
export function jsonBody(limit: string): (RequestHandler | ErrorRequestHandler)[] {
  return [json({ limit }), nameMalformed];
}

const nameMalformed: ErrorRequestHandler = (error: unknown, _request, _response, next) => {
  next(error instanceof SyntaxError ? new MalformedJsonError({ cause: error }) : error);
};
