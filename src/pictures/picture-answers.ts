import { evaluateConditions } from '../content/index.js';
import { PreconditionFailedError } from '../object-storage/index.js';
import type { FormExchange } from '../uploads/index.js';
import { toPictureResponse, type PictureResponse } from './dto/picture.response.js';
import type { Picture } from './pictures.service.js';

/** The answer for a picture with its validator; none where the client has it already (304). Throws `PreconditionFailedError`. */
export function answerPicture({ request, response }: FormExchange, picture: Picture): PictureResponse | undefined {
  const { etag, main } = picture;
  response.setHeader('ETag', `"${etag}"`);
  response.setHeader('Cache-Control', 'private, no-cache');
  const verdict = evaluateConditions(request.headers, { etag, lastModified: main.storedAt ?? main.createdAt });
  if (verdict === 'failed') throw new PreconditionFailedError();
  if (verdict === 'proceed') return toPictureResponse(picture);
  response.status(304);
  return undefined;
}
