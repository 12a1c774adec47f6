import { ApiBody } from '@nestjs/swagger';

/** Documents a form with one file in the field `file`. */
export function ApiFormFile(): MethodDecorator {
  return ApiBody({
    required: true,
    schema: {
      type: 'object',
      required: ['file'],
      properties: { file: { type: 'string', format: 'binary', description: 'The file.' } },
    },
  });
}
