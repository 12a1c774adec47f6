import { CompleteMultipartUploadCommand, CopyObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import {
  type CompletedPart,
  KeyTakenError,
  type MultipartRef,
  type ObjectInfo,
  ObjectMissingError,
  type PutResult,
  StoreUnavailableError,
} from '../object-storage/index.js';
import { toChecksums, unquote, type S3Bucket } from './s3-bucket.js';
import type { S3Multipart } from './s3-multipart.js';

const COPIES_IN_FLIGHT = 4;
/** How often a copy begins again because its source was replaced meanwhile. */
const ATTEMPTS = 3;

interface CopyOptions {
  readonly ifAbsent?: boolean;
}

interface CopyTarget extends CopyOptions {
  readonly to: string;
}

interface CopiedParts extends CopyOptions {
  readonly source: ObjectInfo;
  readonly parts: readonly CompletedPart[];
}

export interface CopyLimits {
  /** The most that goes in one request; more is copied in parts of this size. */
  readonly copyPartBytes: number;
}

/** Copies inside the store: no byte comes through here, and checksums of the bytes stay what they are. */
export class S3Copy {
  constructor(
    private readonly bucket: S3Bucket,
    private readonly multipart: S3Multipart,
    private readonly limits: CopyLimits,
  ) {}

  /** `ifAbsent`: in parts, however small, for only completing an upload can be made to depend on what is there. */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<PutResult> {
    if (options.ifAbsent === true && (await this.bucket.head(to)) !== undefined) throw new KeyTakenError(to);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const source = await this.bucket.head(from);
      if (source === undefined) throw new ObjectMissingError(from);
      // S3 refuses a copy that would change nothing.
      if (from === to) return { sizeBytes: source.sizeBytes, etag: source.etag, checksums: source.checksums };
      try {
        return await (source.sizeBytes <= this.limits.copyPartBytes && options.ifAbsent !== true
          ? this.copyWhole(source, to)
          : this.copyInParts(source, { to, ...options }));
      } catch (error) {
        // 412: the source is no longer the object whose size and type were read.
        if (!(error instanceof KeyTakenError)) throw error;
        if (options.ifAbsent === true && (await this.bucket.head(to)) !== undefined) throw error;
      }
    }
    throw new StoreUnavailableError('CopyObject');
  }

  private async copyWhole(source: ObjectInfo, to: string): Promise<PutResult> {
    const command = new CopyObjectCommand({
      Bucket: this.bucket.name,
      Key: to,
      CopySource: this.pathOf(source.key),
      CopySourceIfMatch: `"${source.etag}"`,
    });
    const output = await this.bucket.ask('CopyObject', { key: source.key }, this.bucket.client.send(command));
    const result = output.CopyObjectResult ?? {};
    return {
      sizeBytes: source.sizeBytes,
      etag: unquote(result.ETag),
      checksums: { ...source.checksums, ...toChecksums(result) },
    };
  }

  private async copyInParts(source: ObjectInfo, { to, ...options }: CopyTarget): Promise<PutResult> {
    const ref = await this.multipart.open(to, { contentType: source.contentType, crc32: true });
    try {
      return await this.complete(ref, { source, parts: await this.copyParts(ref, source), ...options });
    } catch (error) {
      await this.multipart.abort(ref);
      throw error;
    }
  }

  private async copyParts(ref: MultipartRef, source: ObjectInfo): Promise<readonly CompletedPart[]> {
    const count = Math.ceil(source.sizeBytes / this.limits.copyPartBytes);
    const parts: CompletedPart[] = [];
    const numbers = Array.from({ length: count }, (_, index) => index + 1).values();
    const work = async (): Promise<void> => {
      for (const partNumber of numbers) parts[partNumber - 1] = await this.copyPart(ref, source, partNumber);
    };
    const outcomes = await Promise.allSettled(Array.from({ length: Math.min(COPIES_IN_FLIGHT, count) }, work));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    return parts;
  }

  private async copyPart(ref: MultipartRef, source: ObjectInfo, partNumber: number): Promise<CompletedPart> {
    const start = (partNumber - 1) * this.limits.copyPartBytes;
    const end = Math.min(start + this.limits.copyPartBytes, source.sizeBytes) - 1;
    const command = new UploadPartCopyCommand({
      Bucket: this.bucket.name,
      Key: ref.key,
      UploadId: ref.uploadId,
      PartNumber: partNumber,
      CopySource: this.pathOf(source.key),
      CopySourceRange: `bytes=${start}-${end}`,
      CopySourceIfMatch: `"${source.etag}"`,
    });
    const output = await this.bucket.ask('UploadPartCopy', { key: source.key }, this.bucket.client.send(command));
    const { ETag: etag, ChecksumCRC32: crc32 } = output.CopyPartResult ?? {};
    return { partNumber, etag: unquote(etag), ...(crc32 !== undefined && { crc32 }) };
  }

  private async complete(ref: MultipartRef, { source, parts, ifAbsent }: CopiedParts): Promise<PutResult> {
    const command = new CompleteMultipartUploadCommand({
      Bucket: this.bucket.name,
      Key: ref.key,
      UploadId: ref.uploadId,
      ChecksumType: 'FULL_OBJECT',
      ...(ifAbsent === true && { IfNoneMatch: '*' }),
      MultipartUpload: {
        Parts: parts.map(({ partNumber, etag, crc32 }) => ({
          PartNumber: partNumber,
          ETag: `"${etag}"`,
          ...(crc32 !== undefined && { ChecksumCRC32: crc32 }),
        })),
      },
    });
    const output = await this.bucket.ask('CompleteMultipartUpload', ref, this.bucket.client.send(command));
    return {
      sizeBytes: source.sizeBytes,
      etag: unquote(output.ETag),
      checksums: { ...source.checksums, ...toChecksums(output) },
    };
  }

  /** As a header: percent-encoded, the slashes kept. */
  private pathOf(key: string): string {
    return `${this.bucket.name}/${key.split('/').map(encodeURIComponent).join('/')}`;
  }
}
