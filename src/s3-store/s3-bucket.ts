import { HeadBucketCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  BucketMissingError,
  type ObjectChecksums,
  type ObjectInfo,
  ObjectMissingError,
} from '../object-storage/index.js';
import { readAvailability, type ArchiveHeaders } from './s3-archive.js';
import { translateS3Error } from './s3-errors.js';

/** How long a question without a body may wait for its answer when another failure is being cleared up. */
const SHORT_ANSWER_MS = 10_000;

/** One bucket as the adapter's parts ask it: answers or errors of ours, never the SDK's. */
export class S3Bucket {
  constructor(
    readonly name: string,
    readonly client: S3Client,
  ) {}

  /** Waits for an answer and translates its failure. */
  async ask<T>(
    operation: string,
    about: { readonly key: string; readonly uploadId?: string },
    answer: Promise<T>,
  ): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw translateS3Error(error, { operation, bucket: this.name, ...about });
    }
  }

  /** Throws `BucketMissingError`, `StoreRefusedError` or `StoreUnavailableError`. */
  async check(): Promise<void> {
    try {
      await this.ask('HeadBucket', { key: '' }, this.client.send(new HeadBucketCommand({ Bucket: this.name })));
    } catch (error) {
      throw error instanceof ObjectMissingError ? new BucketMissingError(this.name, { cause: error.cause }) : error;
    }
  }

  async head(key: string, options: { readonly answerMs?: number } = {}): Promise<ObjectInfo | undefined> {
    const command = new HeadObjectCommand({ Bucket: this.name, Key: key, ChecksumMode: 'ENABLED' });
    const request = this.client.send(
      command,
      options.answerMs === undefined ? {} : { requestTimeout: options.answerMs },
    );
    try {
      return toObjectInfo(key, await this.ask('HeadObject', { key }, request));
    } catch (error) {
      if (!(error instanceof ObjectMissingError)) throw error;
      // An answer to HEAD has no body to name what is missing: without its bucket, nothing is known about the object.
      await this.check();
      return undefined;
    }
  }

  /** `head` for clearing up behind a request whose answer was lost: soon answered, or not at all. */
  headSoon(key: string): Promise<ObjectInfo | undefined> {
    return this.head(key, { answerMs: SHORT_ANSWER_MS });
  }
}

interface ObjectHeaders extends ArchiveHeaders {
  readonly ContentLength?: number | undefined;
  readonly ContentType?: string | undefined;
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
}

interface ChecksumHeaders {
  readonly ChecksumCRC32?: string | undefined;
  readonly ChecksumSHA256?: string | undefined;
  readonly ChecksumCRC64NVME?: string | undefined;
  readonly ChecksumType?: string | undefined;
}

export function toObjectInfo(key: string, headers: ObjectHeaders & ChecksumHeaders): ObjectInfo {
  return {
    key,
    sizeBytes: headers.ContentLength ?? 0,
    etag: unquote(headers.ETag),
    contentType: headers.ContentType ?? 'application/octet-stream',
    lastModified: headers.LastModified ?? new Date(0),
    checksums: toChecksums(headers),
    storageClass: headers.StorageClass ?? 'STANDARD',
    availability: readAvailability(headers),
  };
}

/** Composite checksums (`...-12`) say something about the parts, not about the bytes. */
export function toChecksums(headers: ChecksumHeaders): ObjectChecksums {
  const { ChecksumCRC32: crc32, ChecksumSHA256: sha256, ChecksumCRC64NVME: crc64nvme } = headers;
  if (headers.ChecksumType === 'COMPOSITE') return {};
  return {
    ...(isWhole(crc32) && { crc32 }),
    ...(isWhole(sha256) && { sha256 }),
    ...(isWhole(crc64nvme) && { crc64nvme }),
  };
}

/** Stores that do not name the type still write the number of parts. */
function isWhole(checksum: string | undefined): checksum is string {
  return checksum?.includes('-') === false;
}

export function unquote(etag: string | undefined): string {
  return (etag ?? '').replace(/^(?:W\/)?"|"$/g, '');
}
