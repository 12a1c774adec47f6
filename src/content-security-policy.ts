import type { RequestHandler } from 'express';

/** Answers are data, errors too: whatever a browser takes them for, nothing in them is run, loaded or framed. */
const DATA = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";

/** Swagger UI: scripts of its own alone. Its requests follow redirects to the store, wherever that is. */
const DOCS = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' data: blob:",
  'connect-src *',
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sets the policy of every answer; who serves files sets a stricter one of its own. */
export const contentSecurityPolicy: RequestHandler = (request, response, next) => {
  const isDocs = /^\/docs(?:\/|$)/i.test(request.path);
  response.setHeader('Content-Security-Policy', isDocs ? DOCS : DATA);
  next();
};
