import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type {} from 'pino-http';

/** Anything that is no key of ours: those were seen here by mistake, and this goes to the log. */
const ACCEPTED = /^(?!cs_)[A-Za-z0-9_.:-]{1,128}$/;

/** Gives each request an id, the caller's own where it sends a fit one, before anything else can fail. */
export const requestId: RequestHandler = (request, response, next) => {
  const given = request.headers['x-request-id'];
  request.id = typeof given === 'string' && ACCEPTED.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', request.id);
  next();
};
