import { ApiProperty } from '@nestjs/swagger';
import type { FileLink } from '../link-ledger.js';

/** An expiring link: whoever has it may download the file until then. */
export class LinkResponse {
  @ApiProperty({ format: 'uri', example: 'http://127.0.0.1:3000/objects/audio-files/...?X-Amz-Signature=...' })
  url!: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-03-01T11:15:00.000Z' })
  expiresAt!: Date;

  @ApiProperty({ enum: ['cloudfront', 's3', 'local'], example: 'local', description: 'Which server answers it.' })
  servedBy!: 'cloudfront' | 's3' | 'local';
}

export function toLinkResponse({ url, expiresAt, servedBy }: FileLink): LinkResponse {
  return { url, expiresAt, servedBy };
}
