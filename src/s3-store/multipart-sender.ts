import { CompleteMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { type CompletedPart, crc32Combine, crc32ToBase64, type PutResult } from '../object-storage/index.js';
import { PartBuffer } from './part-buffer.js';
import { unquote, type S3Bucket } from './s3-bucket.js';
import { HEADERS_OF_OURS, leavePayloadUnsigned } from './s3-headers.js';
import type { OpenedUpload, S3Multipart } from './s3-multipart.js';

export interface MultipartSenderOptions {
  readonly key: string;
  readonly contentType: string;
  readonly partsInFlight: number;
  readonly ifAbsent: boolean;
}

/**
 * Sends the parts of one object, a bounded number at once. The upload is opened with the first part. When a part fails for
 * good, `failed` is aborted with the reason and nothing more is sent.
 *
 * Whoever makes one calls `complete`, or `abort` after any failure.
 */
export class MultipartSender {
  private readonly inFlight = new Set<Promise<void>>();
  private readonly parts: CompletedPart[] = [];
  private readonly stop = new AbortController();
  private readonly spare: PartBuffer[] = [];
  private upload: Promise<OpenedUpload> | undefined;
  private sizeBytes = 0;
  private crc = 0;

  constructor(
    private readonly bucket: S3Bucket,
    private readonly multipart: S3Multipart,
    private readonly options: MultipartSenderOptions,
  ) {}

  /** Aborted when sending any more is useless. */
  get failed(): AbortSignal {
    return this.stop.signal;
  }

  get opened(): boolean {
    return this.upload !== undefined;
  }

  /** Memory for the next part: that of one already acknowledged, where there is any. */
  buffer(capacityBytes: number): PartBuffer {
    const spare = this.spare.pop();
    return spare?.capacityBytes === capacityBytes ? spare : new PartBuffer(capacityBytes, capacityBytes);
  }

  /** Takes a part over as soon as fewer than the allowed number are in flight. */
  async send(part: PartBuffer): Promise<void> {
    while (this.inFlight.size >= this.options.partsInFlight) await Promise.race(this.inFlight);
    this.stop.signal.throwIfAborted();
    const partNumber = this.parts.length + 1;
    const crc32 = crc32ToBase64(part.crc32);
    this.parts.push({ partNumber, etag: '', crc32 });
    this.crc = crc32Combine(this.crc, part.crc32, part.bytes.length);
    this.sizeBytes += part.bytes.length;
    const { key, contentType } = this.options;
    this.upload ??= this.multipart.open(key, { contentType, crc32: true });

    const sending = this.sendPart(partNumber, part, crc32).catch((error: unknown) => {
      this.cancel(error);
    });
    this.inFlight.add(sending);
    void sending.then(() => this.inFlight.delete(sending));
  }

  /** Waits until every part is acknowledged. */
  async settle(): Promise<void> {
    await Promise.all(this.inFlight);
    this.stop.signal.throwIfAborted();
  }

  /** Makes the object out of what has settled. Not abortable: once asked, only the store knows how it ended. */
  async complete(): Promise<PutResult> {
    const { key, ifAbsent } = this.options;
    const { uploadId } = await this.openUpload();
    const crc32 = crc32ToBase64(this.crc);
    const command = new CompleteMultipartUploadCommand({
      Bucket: this.bucket.name,
      Key: key,
      UploadId: uploadId,
      ChecksumCRC32: crc32,
      ChecksumType: 'FULL_OBJECT',
      MultipartUpload: {
        Parts: this.parts.map((part) => ({
          PartNumber: part.partNumber,
          ETag: `"${part.etag}"`,
          ChecksumCRC32: part.crc32,
        })),
      },
      ...(ifAbsent && { IfNoneMatch: '*' }),
    });
    const request = this.bucket.client.send(command);
    const output = await this.bucket.ask('CompleteMultipartUpload', { key, uploadId }, request);
    return { sizeBytes: this.sizeBytes, etag: unquote(output.ETag), checksums: { crc32 } };
  }

  /**
   * What the object would look like if a `complete` whose answer was lost had come through. Only after every part was
   * acknowledged.
   */
  get expected(): { readonly sizeBytes: number; readonly crc32: string; readonly parts: readonly CompletedPart[] } {
    return { sizeBytes: this.sizeBytes, crc32: crc32ToBase64(this.crc), parts: this.parts };
  }

  /** Stops what is under way; `abort` clears it up. */
  cancel(reason: unknown): void {
    if (!this.stop.signal.aborted) this.stop.abort(reason);
  }

  /** Drops the upload and its parts. Rejects when the store could not be asked to. */
  async abort(): Promise<void> {
    // A part that arrives behind the abort would stay in the bucket for ever.
    await Promise.all(this.inFlight);
    if (this.upload === undefined) return;
    let opened: OpenedUpload;
    try {
      opened = await this.upload;
    } catch {
      // Why it could not be opened is the failure that led here, and `open` has cleared up behind it.
      return;
    }
    await this.multipart.abort({ key: this.options.key, uploadId: opened.uploadId });
  }

  private async sendPart(partNumber: number, part: PartBuffer, crc32: string): Promise<void> {
    const { uploadId } = await this.openUpload();
    const { key } = this.options;
    const command = new UploadPartCommand({
      Bucket: this.bucket.name,
      Key: key,
      UploadId: uploadId,
      PartNumber: partNumber,
      Body: part.bytes,
      ContentLength: part.bytes.length,
      ChecksumAlgorithm: 'CRC32',
      ChecksumCRC32: crc32,
    });
    command.middlewareStack.add(leavePayloadUnsigned, HEADERS_OF_OURS);
    const request = this.bucket.client.send(command, { abortSignal: this.stop.signal });
    const output = await this.bucket.ask('UploadPart', { key, uploadId }, request);
    this.parts[partNumber - 1] = { partNumber, etag: unquote(output.ETag), crc32 };
    // After a retry the first connection may still be reading from this memory.
    if (output.$metadata.attempts === 1) {
      part.clear();
      this.spare.push(part);
    }
  }

  private openUpload(): Promise<OpenedUpload> {
    if (this.upload === undefined) throw new Error('A multipart upload is opened with its first part.');
    return this.upload;
  }
}
