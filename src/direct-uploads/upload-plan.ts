import type { FileChecksum } from '../files/index.js';
import { FileTooLargeError } from '../intake/index.js';
import { DigestAlgorithm, MAX_PART_BYTES, MAX_PARTS, type StorageConfig } from '../storage/index.js';
import { ChecksumUnsupportedError, InvalidChecksumError } from './direct-uploads.errors.js';
import { UploadStrategy } from './upload.entity.js';

const MEBIBYTE = 1024 * 1024;
/** The most that a sender may say of its parts: 10,000 with their ETags have some 660 KB. */
export const COMPLETION_BYTES = 2 * MEBIBYTE;
const DIGEST_BYTES: Readonly<Record<DigestAlgorithm, number>> = { SHA256: 32, CRC32: 4, CRC64NVME: 8 };

/** What S3 can hold a whole object to, by how it is sent. */
const CHECKSUMS: Readonly<Record<UploadStrategy, readonly DigestAlgorithm[]>> = {
  single: [DigestAlgorithm.Sha256],
  form: [DigestAlgorithm.Sha256],
  multipart: [DigestAlgorithm.Crc32, DigestAlgorithm.Crc64Nvme],
  relay: [DigestAlgorithm.Sha256],
};

/** How a file is cut up. */
export interface PartPlan {
  readonly partSizeBytes: number;
  readonly partCount: number;
}

/** One PUT, or parts above the threshold. */
export function strategyFor(
  sizeBytes: number,
  { multipartThresholdBytes }: Pick<StorageConfig, 'multipartThresholdBytes'>,
): UploadStrategy {
  return sizeBytes > multipartThresholdBytes ? UploadStrategy.Multipart : UploadStrategy.Single;
}

/** Parts of the configured size, or as large as it takes to keep to 10,000 of them. */
export function planParts(
  sizeBytes: number,
  { multipartPartSizeBytes }: Pick<StorageConfig, 'multipartPartSizeBytes'>,
): PartPlan {
  const least = Math.ceil(sizeBytes / MAX_PARTS / MEBIBYTE) * MEBIBYTE;
  const partSizeBytes = Math.max(multipartPartSizeBytes, least);
  return { partSizeBytes, partCount: Math.ceil(sizeBytes / partSizeBytes) };
}

/** Throws `FileTooLargeError` for what S3 takes in parts only, or copies in no other way. */
export function assertOneRequest(sizeBytes: number, strategy: UploadStrategy): void {
  const isOne = strategy === UploadStrategy.Single || strategy === UploadStrategy.Form;
  if (isOne && sizeBytes > MAX_PART_BYTES) throw new FileTooLargeError(MAX_PART_BYTES);
}

/** Throws `ChecksumUnsupportedError` for an algorithm that this way of sending cannot be held to, `InvalidChecksumError`. */
export function assertChecksum({ algorithm, value }: FileChecksum, strategy: UploadStrategy): void {
  const supported = CHECKSUMS[strategy];
  const known = supported.find((candidate) => candidate === algorithm);
  if (known === undefined) throw new ChecksumUnsupportedError(supported);
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== DIGEST_BYTES[known] || bytes.toString('base64') !== value)
    throw new InvalidChecksumError(algorithm, DIGEST_BYTES[known]);
}
