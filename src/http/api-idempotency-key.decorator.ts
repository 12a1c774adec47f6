import { ApiHeader } from '@nestjs/swagger';

/** Documents the header that makes a request take effect once, for 24 hours. */
export function ApiIdempotencyKey(description: string): ClassDecorator & MethodDecorator {
  return ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description,
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7e]+$' },
    example: '6f1d6c5e-2d0b-4b0e-9a51-0c8d0f1f6f5d',
  });
}
