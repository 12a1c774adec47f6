import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ObjectInfo } from '../../storage/index.js';
import { AvailabilityResponse } from './availability.response.js';

/** Checksums the store keeps of an object. */
export class ObjectChecksumsResponse {
  @ApiPropertyOptional({ example: 'y/Q5Jg==', description: 'CRC-32 in base64.' })
  crc32?: string;

  @ApiPropertyOptional({ description: 'SHA-256 in base64.', example: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' })
  sha256?: string;
}

/** What the store has now, asked live. */
export class ObjectResponse {
  @ApiProperty({ example: 'audio-files/sessions/session-42/original/20260301_101500_interview.wav' })
  key!: string;

  @ApiProperty({ type: 'integer', format: 'int64', example: 176444 })
  sizeBytes!: number;

  @ApiProperty({ example: '5eb63bbbe01eeed093cb22bb8f5acdc3' })
  etag!: string;

  @ApiProperty({ example: 'audio/wav' })
  contentType!: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-03-01T10:15:02.000Z' })
  lastModified!: Date;

  @ApiProperty({ type: ObjectChecksumsResponse })
  checksums!: ObjectChecksumsResponse;

  @ApiProperty({ example: 'STANDARD' })
  storageClass!: string;

  @ApiProperty({ type: AvailabilityResponse })
  availability!: AvailabilityResponse;
}

export function toObjectResponse(info: ObjectInfo): ObjectResponse {
  const { key, sizeBytes, etag, contentType, lastModified, checksums, storageClass, availability } = info;
  const { state, until = null } = availability;
  return {
    key,
    sizeBytes,
    etag,
    contentType,
    lastModified,
    checksums: { ...checksums },
    storageClass,
    availability: { state, until },
  };
}
