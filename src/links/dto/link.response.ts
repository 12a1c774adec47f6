import { ApiProperty } from '@nestjs/swagger';
import type { FileLink } from '../link-signer.js';

/** An expiring link: whoever has it may download the file until then. */
export class LinkResponse {
  @ApiProperty({ format: 'uri', example: 'http://127.0.0.1:3000/objects/audio-files/...?X-Amz-Signature=...' })
  url!: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    example: '2026-03-01T11:15:00.000Z',
    description: 'When it really ends: with the credentials that signed it, should they end first.',
  })
  expiresAt!: Date;

  @ApiProperty({ enum: ['cloudfront', 's3', 'local'], example: 'local', description: 'Which server answers it.' })
  servedBy!: 'cloudfront' | 's3' | 'local';
}

/** A link, and the file it is to. */
export class BatchLinkResponse extends LinkResponse {
  @ApiProperty({ format: 'uuid', example: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a' })
  fileId!: string;
}

/** Links in the order in which their files were named. */
export class LinksResponse {
  @ApiProperty({ type: [BatchLinkResponse] })
  items!: BatchLinkResponse[];
}

export function toLinkResponse({ url, expiresAt, servedBy }: FileLink): LinkResponse {
  return { url, expiresAt, servedBy };
}

export function toLinksResponse(links: readonly FileLink[]): LinksResponse {
  return { items: links.map(({ file, url, expiresAt, servedBy }) => ({ fileId: file.id, url, expiresAt, servedBy })) };
}
