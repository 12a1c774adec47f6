import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiResponse } from '@nestjs/swagger';
import { ApiErrors } from '../http/index.js';

/** Documents a route that serves content: ranges, conditions, and the types it may have. */
export function ApiContent(...contentTypes: readonly string[]): MethodDecorator {
  const content = Object.fromEntries(
    contentTypes.map((type) => [
      type,
      { schema: type === 'application/json' ? {} : { type: 'string' as const, format: 'binary' } },
    ]),
  );
  return applyDecorators(
    ApiProduces(...contentTypes),
    ApiOkResponse({ description: 'The content. Ranges and conditions work; the ETag is that of the record.', content }),
    ApiResponse({ status: 206, description: 'The range that was asked for.', content }),
    ApiResponse({ status: 304, description: 'Not modified.' }),
    ApiErrors(404, 409, 412, 416),
  );
}
