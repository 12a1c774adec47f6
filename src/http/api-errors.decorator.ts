import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ErrorResponse } from '../errors/index.js';

/** What a status says on every route; the stable codes are in each answer. */
const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'Something in the request is not as it should be; `code` and `message` say what.',
  401: 'No API key, or one that is unknown or revoked.',
  403: 'The API key lacks a scope of this route, or the file may not be given out.',
  404: 'There is nothing under this id.',
  408: 'The request stood still for too long.',
  409: 'The present state does not allow it.',
  410: 'It is over; nothing can be added to it.',
  412: 'A condition of the request does not hold.',
  413: 'Larger than what is accepted here.',
  415: 'The type of the file, by its name or its bytes, is not accepted here.',
  416: 'The range begins past the end.',
  422: 'Understood, and impossible.',
  423: 'Another request is at work on it; try again shortly.',
  501: 'This installation is not set up for it.',
  428: 'The change has to be made under a condition: send If-Match.',
  503: 'The store or the database is away; Retry-After says when to try again.',
  507: 'The store is full.',
};

/** Documents the errors of a route. */
export function ApiErrors(...statuses: readonly number[]): ClassDecorator & MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ErrorResponse),
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: DESCRIPTIONS[status] ?? 'The request failed.',
        content: { 'application/json': { schema: { $ref: getSchemaPath(ErrorResponse) } } },
      }),
    ),
  );
}
