import { ApiHeader } from '@nestjs/swagger';

/** Documents the header that makes a request take effect once, for 24 hours. */
export function ApiIdempotencyKey(description: string): ClassDecorator & MethodDecorator {
  return ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description,
    // No example: Swagger UI would send it, with every request the same.
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7e]+$' },
  });
}
