import { SetMetadata, type CustomDecorator } from '@nestjs/common';

export const PUBLIC_ROUTE = 'http:public-route';

/** Open to anybody: health, docs, and links whose signature is the permission. */
export function PublicRoute(): CustomDecorator {
  return SetMetadata(PUBLIC_ROUTE, true);
}
