import { ApiProperty } from '@nestjs/swagger';
import { FileResponse, toFileResponse } from '../../files/index.js';
import type { Picture } from '../pictures.service.js';

/** A picture in two sizes, which come and go together. */
export class PictureResponse {
  @ApiProperty({ type: FileResponse, description: 'At most 512 x 512; `metadata` has width and height.' })
  main!: FileResponse;

  @ApiProperty({ type: FileResponse, description: 'At most 128 x 128.' })
  thumbnail!: FileResponse;

  @ApiProperty({
    format: 'uri',
    example: 'https://files.example.org/v1/pictures/019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a/profile.jpg',
    description: 'For pages: needs no key, never changes what it shows, and is another for every new picture.',
  })
  url!: string;

  @ApiProperty({
    format: 'uri',
    example: 'https://files.example.org/v1/pictures/019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a/thumbnail.jpg',
  })
  thumbnailUrl!: string;
}

export function toPictureResponse({ main, thumbnail, url, thumbnailUrl }: Picture): PictureResponse {
  return { main: toFileResponse(main), thumbnail: toFileResponse(thumbnail), url, thumbnailUrl };
}
