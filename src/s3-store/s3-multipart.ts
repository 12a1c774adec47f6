import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  type CompletedPart,
  InvalidPartError,
  KeyTakenError,
  MAX_PAGE,
  type MultipartRef,
  type ObjectInfo,
  ObjectMissingError,
  type OpenUpload,
  type PartPage,
  type PutResult,
  StoreRefusedError,
  StoreUnavailableError,
  type UploadedPart,
  UploadMissingError,
  type UploadPage,
} from '../object-storage/index.js';
import { unquote, type S3Bucket } from './s3-bucket.js';
import { attemptsOf, isBeingJoined } from './s3-errors.js';

/** How far the store's clock and ours may be apart when looking for an upload whose answer was lost. */
const CLOCK_TOLERANCE_MS = 60_000;
const ABORT_ROUNDS = 3;
/** How often to ask whether somebody else's completion is through: some ten seconds, with what the SDK asks by itself. */
const JOINING_ROUNDS = 12;
const JOINING_PAUSE_MS = 500;
/** How long the store may take to answer when clearing up. */
const CLEANUP_ANSWER_MS = 10_000;

export type OpenedUpload = MultipartRef;

/** Multipart uploads of one bucket. */
export class S3Multipart {
  constructor(private readonly bucket: S3Bucket) {}

  /**
   * Opens an upload. With `crc32` every part must name its CRC-32, and the object will have one of all its bytes; without,
   * no part may (S3: "Checksum Type mismatch occurred"), which is what presigned parts need.
   */
  async open(key: string, options: { readonly contentType: string; readonly crc32: boolean }): Promise<OpenedUpload> {
    const startedAt = Date.now();
    const command = new CreateMultipartUploadCommand({
      Bucket: this.bucket.name,
      Key: key,
      ContentType: options.contentType,
      ...(options.crc32 && { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }),
    });
    try {
      const output = await this.bucket.ask('CreateMultipartUpload', { key }, this.bucket.client.send(command));
      const uploadId = output.UploadId;
      if (uploadId === undefined) throw new StoreUnavailableError('CreateMultipartUpload');
      if ((output.$metadata.attempts ?? 1) > 1) await this.dropLostUploads({ key, uploadId }, startedAt);
      return { key, uploadId };
    } catch (error) {
      if (error instanceof StoreUnavailableError) await this.dropLostUploads({ key, uploadId: '' }, startedAt);
      throw error;
    }
  }

  async uploadPart(ref: MultipartRef, partNumber: number, bytes: Buffer): Promise<UploadedPart> {
    // No checksum: the upload was opened without. The signature covers the SHA-256 of the bytes.
    const command = new UploadPartCommand({
      Bucket: this.bucket.name,
      Key: ref.key,
      UploadId: ref.uploadId,
      PartNumber: partNumber,
      Body: bytes,
      ContentLength: bytes.length,
    });
    const output = await this.bucket.ask('UploadPart', ref, this.bucket.client.send(command));
    return { partNumber, etag: unquote(output.ETag), sizeBytes: bytes.length };
  }

  async listParts(
    ref: MultipartRef,
    options: { readonly afterPartNumber?: number; readonly limit?: number; readonly answerMs?: number } = {},
  ): Promise<PartPage> {
    const command = new ListPartsCommand({
      Bucket: this.bucket.name,
      Key: ref.key,
      UploadId: ref.uploadId,
      MaxParts: options.limit ?? MAX_PAGE,
      ...(options.afterPartNumber !== undefined && { PartNumberMarker: String(options.afterPartNumber) }),
    });
    const request = this.bucket.client.send(command, answerWithin(options.answerMs));
    const output = await this.bucket.ask('ListParts', ref, request);
    const parts = (output.Parts ?? []).map((part) => ({
      partNumber: part.PartNumber ?? 0,
      etag: unquote(part.ETag),
      sizeBytes: part.Size ?? 0,
      ...(part.ChecksumCRC32 !== undefined && { crc32: part.ChecksumCRC32 }),
      ...(part.LastModified !== undefined && { modifiedAt: part.LastModified }),
    }));
    const last = parts.at(-1);
    return { parts, ...(output.IsTruncated === true && last && { nextAfterPartNumber: last.partNumber }) };
  }

  async listUploads(
    options: { readonly prefix?: string; readonly after?: MultipartRef; readonly limit?: number } = {},
  ): Promise<UploadPage> {
    // No EncodingType: some stores encode the keys and do not say so, and keys of uploads are ours.
    const command = new ListMultipartUploadsCommand({
      Bucket: this.bucket.name,
      MaxUploads: options.limit ?? MAX_PAGE,
      ...(options.prefix !== undefined && { Prefix: options.prefix }),
      ...(options.after && { KeyMarker: options.after.key, UploadIdMarker: options.after.uploadId }),
    });
    const about = { key: options.prefix ?? '' };
    const output = await this.bucket.ask('ListMultipartUploads', about, this.bucket.client.send(command));
    const uploads = (output.Uploads ?? []).map((upload) => ({
      key: upload.Key ?? '',
      uploadId: upload.UploadId ?? '',
      initiatedAt: upload.Initiated ?? new Date(0),
    }));
    const last = uploads.at(-1);
    return {
      uploads,
      ...(output.IsTruncated === true && last && { nextAfter: { key: last.key, uploadId: last.uploadId } }),
    };
  }

  /** Asking again after the answer was lost finds the object that these parts make, and succeeds. */
  async complete(
    ref: MultipartRef,
    parts: readonly CompletedPart[],
    options: { readonly ifAbsent?: boolean } = {},
  ): Promise<PutResult> {
    assertPartOrder(parts);
    const command = new CompleteMultipartUploadCommand({
      Bucket: this.bucket.name,
      Key: ref.key,
      UploadId: ref.uploadId,
      MultipartUpload: {
        Parts: parts.map((part) => ({
          PartNumber: part.partNumber,
          ETag: `"${part.etag}"`,
          ...(part.crc32 !== undefined && { ChecksumCRC32: part.crc32 }),
        })),
      },
      ...(options.ifAbsent === true && { IfNoneMatch: '*' }),
    });
    for (let round = 1; ; round += 1) {
      try {
        await this.bucket.ask('CompleteMultipartUpload', ref, this.bucket.client.send(command));
      } catch (error) {
        if (!mayHaveCompleted(error)) throw error;
        const made = await this.bucket.head(ref.key);
        if (made !== undefined && isMadeOf(made, parts)) return toPutResult(made);
        // Ceph answers 500 for an upload that is not open; asked for its parts, it says so.
        if (error instanceof StoreUnavailableError) await this.listParts(ref, { limit: 1 });
        if (!isBeingJoined(error) || round === JOINING_ROUNDS) throw error;
        await sleep(JOINING_PAUSE_MS);
        continue;
      }
      const made = await this.bucket.head(ref.key);
      if (made === undefined) throw new ObjectMissingError(ref.key);
      return toPutResult(made);
    }
  }

  /**
   * Drops an upload, and asks until the store says that it is gone: a part that was being received while the first abort
   * came stays otherwise.
   */
  async abort(ref: MultipartRef): Promise<void> {
    for (let round = 0; round < ABORT_ROUNDS; round += 1) {
      try {
        const command = new AbortMultipartUploadCommand({
          Bucket: this.bucket.name,
          Key: ref.key,
          UploadId: ref.uploadId,
        });
        const request = this.bucket.client.send(command, answerWithin(CLEANUP_ANSWER_MS));
        await this.bucket.ask('AbortMultipartUpload', ref, request);
        await this.listParts(ref, { limit: 1, answerMs: CLEANUP_ANSWER_MS });
      } catch (error) {
        if (error instanceof UploadMissingError) return;
        throw error;
      }
    }
    throw new StoreUnavailableError('AbortMultipartUpload');
  }

  /** A CreateMultipartUpload whose answer was lost may have opened an upload of which nobody has the id. */
  private async dropLostUploads(kept: MultipartRef, startedAt: number): Promise<void> {
    try {
      for (const lost of await this.openedSince(kept.key, startedAt)) {
        if (lost.uploadId !== kept.uploadId) await this.abort(lost);
      }
    } catch (error) {
      // Not to be asked: what the store may keep of it is found by its age.
      if (!(error instanceof StoreUnavailableError || error instanceof StoreRefusedError)) throw error;
    }
  }

  private async openedSince(key: string, startedAt: number): Promise<readonly OpenUpload[]> {
    const { uploads } = await this.listUploads({ prefix: key });
    return uploads.filter(
      (upload) => upload.key === key && upload.initiatedAt.getTime() >= startedAt - CLOCK_TOLERANCE_MS,
    );
  }
}

/** S3 leaves it to the server whether parts out of order are an error, and some sort them. */
function assertPartOrder(parts: readonly CompletedPart[]): void {
  if (parts.length === 0) throw new InvalidPartError('no part is named');
  const inOrder = parts.every((part, index) => index === 0 || part.partNumber > (parts[index - 1]?.partNumber ?? 0));
  if (!inOrder) throw new InvalidPartError('the parts are not in ascending order');
}

/** Whether a failed CompleteMultipartUpload leaves open that an earlier try of it came through. */
export function mayHaveCompleted(error: unknown): boolean {
  if (error instanceof StoreUnavailableError || error instanceof UploadMissingError) return true;
  return error instanceof KeyTakenError && attemptsOf(error.cause) > 1;
}

/** Whether an object is the one that parts make: its ETag is the MD5 of theirs, and their number. */
export function isMadeOf(object: ObjectInfo, parts: readonly Pick<CompletedPart, 'etag'>[]): boolean {
  const etags = Buffer.from(parts.map((part) => part.etag).join(''), 'hex');
  return object.etag === `${createHash('md5').update(etags).digest('hex')}-${parts.length}`;
}

function toPutResult({ sizeBytes, etag, checksums }: ObjectInfo): PutResult {
  return { sizeBytes, etag, checksums };
}

function answerWithin(answerMs: number | undefined): { readonly requestTimeout?: number } {
  return answerMs === undefined ? {} : { requestTimeout: answerMs };
}
