import type { NextFunction, Response } from 'express';
import type { AuthenticatedRequest } from './auth.decorators.js';

/** Where clients that can send no header have their token: in front of the routes that they know. */
export const UPLOAD_TOKEN_PATH = '/v1/s3/t/';
const TOKEN_IN_PATH = /^\/v1\/s3\/t\/([^/?]+)(?:\/s3)?(\/[^?]*)?(\?.*)?$/;

/** Takes an upload token out of the path, `/v1/s3/t/{token}/s3/multipart` and the like, so that one set of routes serves all. */
export function uploadTokenPath(request: AuthenticatedRequest, _: Response, next: NextFunction): void {
  const found = TOKEN_IN_PATH.exec(request.url);
  if (found !== null) {
    const [, token = '', path = '', query = ''] = found;
    request.pathToken = token;
    request.url = `/v1/s3${path}${query}`;
  }
  next();
}
