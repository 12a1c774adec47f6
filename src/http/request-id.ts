import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type {} from 'pino-http';

const ACCEPTED = /^[A-Za-z0-9_.:-]{8,128}$/;

/** Gives each request an id, the caller's own where it sends a fit one, before anything else can fail. */
export const requestId: RequestHandler = (request, response, next) => {
  const given = request.headers['x-request-id'];
  request.id = typeof given === 'string' && ACCEPTED.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', request.id);
  next();
};
