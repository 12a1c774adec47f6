import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader } from '@nestjs/swagger';

const DIGESTS = [
  ['Content-Digest', 'Of the body'],
  ['Repr-Digest', 'Of the file, which is the same here'],
] as const;

/** Documents a body that is a file, and the digests (RFC 9530) that it is compared with. */
export function ApiRawFile(): MethodDecorator {
  return applyDecorators(
    ApiConsumes('application/octet-stream'),
    ApiBody({ required: true, schema: { type: 'string', format: 'binary', description: 'The file.' } }),
    ...DIGESTS.map(([name, of]) =>
      ApiHeader({
        name,
        required: false,
        description: `${of}, by RFC 9530: \`sha-256=:BASE64:\`; sha-512 too. Bytes with another one are refused.`,
        // No example: Swagger UI would send it.
        schema: { type: 'string' },
      }),
    ),
  );
}
