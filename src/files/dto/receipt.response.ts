import { ApiProperty } from '@nestjs/swagger';
import { Verifier, type StoredFile } from '../stored-file.entity.js';
import { ChecksumResponse, checksumOf } from './file.response.js';

/** That somebody has seen a checksum to be that of the bytes. */
export class VerificationResponse extends ChecksumResponse {
  @ApiProperty({
    enum: Verifier,
    enumName: 'Verifier',
    example: Verifier.Client,
    description:
      '`client`: the sender said what it had to be, and it was; `service`: computed as the bytes went by, or read once they lay in a store that keeps no checksums; `store`: computed by the object store, and the same here.',
  })
  by!: Verifier;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-03-01T10:15:02.000Z' })
  verifiedAt!: string;
}

/** What was received, and who vouches for it. */
export class ReceiptResponse {
  @ApiProperty({ format: 'uuid', example: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a' })
  fileId!: string;

  @ApiProperty({ example: 'audio-files/sessions/session-42/original/20260301_101500_interview.wav' })
  key!: string;

  @ApiProperty({ type: 'integer', format: 'int64', nullable: true, example: 176444 })
  sizeBytes!: number | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '5eb63bbbe01eeed093cb22bb8f5acdc3',
    description: "The store's, without quotes.",
  })
  etag!: string | null;

  @ApiProperty({ type: ChecksumResponse, nullable: true })
  checksum!: ChecksumResponse | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: '2026-03-01T10:15:02.000Z' })
  storedAt!: Date | null;

  @ApiProperty({
    type: [VerificationResponse],
    description:
      'Empty for a file that was stored before verifications were kept, and for one above MULTIPART_THRESHOLD_MB that was sent straight to a store that keeps no checksums, without one being named: its `checksum` is null too.',
  })
  verifications!: readonly VerificationResponse[];
}

/** The receipt as clients see it. */
export function toReceiptResponse(file: StoredFile): ReceiptResponse {
  return {
    fileId: file.id,
    key: file.key,
    sizeBytes: file.sizeBytes ?? null,
    etag: file.etag ?? null,
    checksum: checksumOf(file),
    storedAt: file.storedAt ?? null,
    verifications: file.verifications.map(({ by, algorithm, value, at }) => ({ by, algorithm, value, verifiedAt: at })),
  };
}
