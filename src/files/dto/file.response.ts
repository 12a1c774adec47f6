import { ApiProperty } from '@nestjs/swagger';
import { FileCondition, FileStatus, ProcessingStatus, type StoredFile } from '../stored-file.entity.js';
import { AvailabilityResponse } from './availability.response.js';

/** A checksum of the whole file. */
export class ChecksumResponse {
  @ApiProperty({ example: 'SHA256', description: 'The algorithm, named as S3 does.' })
  algorithm!: string;

  @ApiProperty({
    example: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    description: 'Base64, as S3 writes checksums.',
  })
  value!: string;
}

/** The record of a file. */
export class FileResponse {
  @ApiProperty({ format: 'uuid', example: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a', description: 'UUIDv7.' })
  id!: string;

  @ApiProperty({ example: 'session-original', description: 'The kind of file; GET /v1/kinds lists them.' })
  kind!: string;

  @ApiProperty({
    example: 'audio-files/sessions/session-42/original/20260301_101500_interview.wav',
    description: 'Where the object lies in the bucket.',
  })
  key!: string;

  @ApiProperty({ example: 'ysi-catalyst-storage' })
  bucket!: string;

  @ApiProperty({ example: 'interview.wav', description: 'The name it was sent under; downloads carry it.' })
  originalFilename!: string;

  @ApiProperty({ example: 'audio/wav', description: "Found in the bytes, never the sender's word." })
  contentType!: string;

  @ApiProperty({
    type: 'integer',
    format: 'int64',
    nullable: true,
    example: 176444,
    description: 'Bytes; null until it is stored.',
  })
  sizeBytes!: number | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '5eb63bbbe01eeed093cb22bb8f5acdc3',
    description: 'Opaque, without quotes.',
  })
  etag!: string | null;

  @ApiProperty({ type: ChecksumResponse, nullable: true })
  checksum!: ChecksumResponse | null;

  @ApiProperty({ enum: FileStatus, enumName: 'FileStatus', example: FileStatus.Stored })
  status!: FileStatus;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: null,
    description: 'Of a rejected file: the code that says why, such as CHECKSUM_MISMATCH.',
  })
  rejectedReason!: string | null;

  @ApiProperty({ enum: FileCondition, enumName: 'FileCondition', example: FileCondition.Ok })
  condition!: FileCondition;

  @ApiProperty({
    type: 'string',
    enum: [...Object.values(ProcessingStatus), null],
    nullable: true,
    example: ProcessingStatus.Queued,
    description: 'Null where nothing processes the file.',
  })
  processingStatus!: ProcessingStatus | null;

  @ApiProperty({ type: 'string', nullable: true, example: '42' })
  sessionId!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: null })
  documentId!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: null })
  ownerId!: string | null;

  @ApiProperty({
    type: 'string',
    format: 'uuid',
    nullable: true,
    example: null,
    description: 'Of a result: the recording it was made from.',
  })
  sourceFileId!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, example: {} })
  metadata!: Readonly<Record<string, string>>;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, example: {} })
  tags!: Readonly<Record<string, string>>;

  @ApiProperty({ example: 'STANDARD', description: "S3's name of the storage class." })
  storageClass!: string;

  @ApiProperty({ type: AvailabilityResponse, description: 'As the store last said; links and content ask it again.' })
  availability!: AvailabilityResponse;

  @ApiProperty({ example: false, description: 'Whether a hold keeps the file from being deleted.' })
  held!: boolean;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: null })
  heldUntil!: Date | null;

  @ApiProperty({ example: '019a9b1c-0000-7000-8000-000000000001', description: 'The principal that sent it.' })
  createdBy!: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-03-01T10:15:00.000Z' })
  createdAt!: Date;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: '2026-03-01T10:15:02.000Z' })
  storedAt!: Date | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: null })
  trashedAt!: Date | null;
}

/** The checksum of a file's bytes, where one was computed. */
export function checksumOf({ checksumAlgorithm, checksumValue }: StoredFile): ChecksumResponse | null {
  return checksumAlgorithm != null && checksumValue != null
    ? { algorithm: checksumAlgorithm, value: checksumValue }
    : null;
}

/** The record as clients see it. */
export function toFileResponse(file: StoredFile): FileResponse {
  return {
    id: file.id,
    kind: file.kind,
    key: file.key,
    bucket: file.bucket,
    originalFilename: file.originalFilename,
    contentType: file.contentType,
    sizeBytes: file.sizeBytes ?? null,
    etag: file.etag ?? null,
    checksum: checksumOf(file),
    status: file.status,
    rejectedReason: file.rejectedReason ?? null,
    condition: file.condition,
    processingStatus: file.processingStatus ?? null,
    sessionId: file.sessionId ?? null,
    documentId: file.documentId ?? null,
    ownerId: file.ownerId ?? null,
    sourceFileId: file.sourceFileId ?? null,
    metadata: file.metadata,
    tags: file.tags,
    storageClass: file.storageClass,
    availability: { state: file.availability, until: file.availableUntil ?? null },
    // Nothing can place a hold yet, so no file is held.
    held: false,
    heldUntil: null,
    createdBy: file.createdBy,
    createdAt: file.createdAt,
    storedAt: file.storedAt ?? null,
    trashedAt: file.trashedAt ?? null,
  };
}
