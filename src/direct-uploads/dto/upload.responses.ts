import { ApiProperty } from '@nestjs/swagger';
import type { UploadedPart } from '../../storage/index.js';
import type { PartUrl } from '../upload-urls.js';
import { UploadProtocol, UploadStatus, UploadStrategy, type Upload } from '../upload.entity.js';

const HEADERS = {
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'To be sent exactly so; besides them any that the client adds by itself.',
} as const;

/** Where to send a part. */
export class PartUrlResponse {
  @ApiProperty({ type: 'integer', example: 1 })
  partNumber!: number;

  @ApiProperty({ format: 'uri', description: 'To be sent to by PUT until it expires. It is a secret.' })
  url!: string;

  @ApiProperty({ ...HEADERS, example: {} })
  headers!: Readonly<Record<string, string>>;
}

/** URLs of parts. */
export class PartUrlsResponse {
  @ApiProperty({ type: [PartUrlResponse] })
  parts!: readonly PartUrlResponse[];

  @ApiProperty({ type: 'string', format: 'date-time', description: 'When the URLs expire.' })
  expiresAt!: Date;
}

/** An upload that was opened, and where to send its bytes. */
export class OpenedUploadResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'uuid', description: 'The record of the file: `pending` until the upload is completed.' })
  fileId!: string;

  @ApiProperty({ enum: ['single', 'multipart'], example: 'single' })
  strategy!: 'single' | 'multipart';

  @ApiProperty({ enum: ['PUT', 'POST'], example: 'PUT' })
  method!: 'PUT' | 'POST';

  @ApiProperty({ type: 'string', format: 'uri', nullable: true, description: 'Null for parts. It is a secret.' })
  url!: string | null;

  @ApiProperty({ ...HEADERS, example: { 'content-type': 'audio/wav', 'if-none-match': '*' } })
  headers!: Readonly<Record<string, string>>;

  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string' },
    example: null,
    description: 'Of a form: its fields; the file comes last, in the field `file`.',
  })
  fields!: Readonly<Record<string, string>> | null;

  @ApiProperty({ type: 'integer', format: 'int64', nullable: true, example: null })
  partSizeBytes!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: null })
  partCount!: number | null;

  @ApiProperty({ type: [PartUrlResponse], description: 'The first 100; more by POST /v1/uploads/{id}/parts.' })
  parts!: readonly PartUrlResponse[];

  @ApiProperty({ type: 'string', format: 'date-time', description: 'When the URLs expire; new ones can be had.' })
  expiresAt!: Date;
}

/** A part that the store has. */
export class UploadedPartResponse {
  @ApiProperty({ type: 'integer', example: 1 })
  partNumber!: number;

  @ApiProperty({ type: 'integer', format: 'int64', example: 10485760 })
  sizeBytes!: number;

  @ApiProperty({ example: '5eb63bbbe01eeed093cb22bb8f5acdc3' })
  etag!: string;
}

/** How far an upload is. */
export class UploadResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'uuid' })
  fileId!: string;

  @ApiProperty({ enum: UploadProtocol, enumName: 'UploadProtocol', example: UploadProtocol.Rest })
  protocol!: UploadProtocol;

  @ApiProperty({ enum: UploadStrategy, enumName: 'UploadStrategy', example: UploadStrategy.Multipart })
  strategy!: UploadStrategy;

  @ApiProperty({ enum: UploadStatus, enumName: 'UploadStatus', example: UploadStatus.Open })
  status!: UploadStatus;

  @ApiProperty({ type: 'string', nullable: true, example: null, description: 'Why no file came of it: an error code.' })
  reason!: string | null;

  @ApiProperty({ type: 'integer', format: 'int64', nullable: true, description: 'Bytes, as declared.' })
  sizeBytes!: number | null;

  @ApiProperty({ type: 'integer', format: 'int64', nullable: true })
  partSizeBytes!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  partCount!: number | null;

  @ApiProperty({ type: [UploadedPartResponse], description: "The store's own list; none of an upload that is over." })
  parts!: readonly UploadedPartResponse[];

  @ApiProperty({ type: 'string', format: 'date-time' })
  createdAt!: Date;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    description: 'When it is given up, unless its sender is heard of again.',
  })
  expiresAt!: Date;
}

/** Parts as clients see them. */
export function toPartUrls(parts: readonly PartUrl[]): readonly PartUrlResponse[] {
  return parts.map(({ partNumber, request: { url, headers } }) => ({ partNumber, url, headers }));
}

/** An upload and the parts that the store has of it, as its sender sees them. */
export function toUploadResponse(upload: Upload, parts: readonly UploadedPart[]): UploadResponse {
  const { id, fileId, protocol, strategy, status, createdAt, expiresAt } = upload;
  return {
    id,
    fileId,
    protocol,
    strategy,
    status,
    reason: upload.reason ?? null,
    sizeBytes: upload.declaredSizeBytes ?? null,
    partSizeBytes: upload.partSizeBytes ?? null,
    partCount: upload.partCount ?? null,
    parts: parts.map(({ partNumber, sizeBytes, etag }) => ({ partNumber, sizeBytes, etag })),
    createdAt,
    expiresAt,
  };
}
