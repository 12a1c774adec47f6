import { applyDecorators, Header, UseInterceptors } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { RequireScopes, Scope } from '../auth/index.js';
import { EntityTag } from '../content/index.js';
import { ApiErrors, ApiFormFile } from '../http/index.js';
import { PictureResponse } from './dto/picture.response.js';

/** Access and documentation of a route that takes a picture in; `what` is what it becomes. */
export function PutsPicture(summary: string, what: string): MethodDecorator {
  return applyDecorators(
    RequireScopes(Scope.FilesWrite),
    ApiOperation({
      summary,
      description:
        `A JPEG, PNG, WebP or GIF of at most 20 MiB and 64 million pixels in the form field \`file\`. ${what} ` +
        'Orientation is applied, colours become sRGB, all metadata goes, and of an animation the first frame stays.',
    }),
    ApiFormFile('The picture.'),
    ApiCreatedResponse({ type: PictureResponse, description: 'The first picture here.' }),
    ApiOkResponse({ type: PictureResponse, description: 'It replaced another, which is in the trash.' }),
    ApiErrors(408, 413, 415, 422, 507),
  );
}

/** Of a route that tells of a picture. */
export function ReadsPicture(summary: string): MethodDecorator {
  return applyDecorators(
    RequireScopes(Scope.FilesRead),
    UseInterceptors(EntityTag),
    Header('Cache-Control', 'private, no-cache'),
    ApiOperation({ summary, description: 'Both sizes are always of one upload. The ETag is that of this answer.' }),
    ApiOkResponse({ type: PictureResponse }),
    ApiResponse({ status: 304, description: 'As the client has it.' }),
    ApiErrors(404, 412),
  );
}

/** Of a route that takes a picture away. */
export function RemovesPicture(summary: string): MethodDecorator {
  return applyDecorators(
    RequireScopes(Scope.FilesDelete),
    ApiOperation({
      summary,
      description: 'Both sizes go to the trash; POST /v1/files/{id}/restore with either one brings both back.',
    }),
    ApiNoContentResponse({ description: 'There is no picture here now.' }),
  );
}
