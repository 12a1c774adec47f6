import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { Logger } from '@nestjs/common';
import { errorMessage } from '../errors/index.js';
import {
  crc32ToBase64,
  IncompleteBodyError,
  KeyTakenError,
  type ObjectInfo,
  type PutOptions,
  type PutResult,
  readBody,
  StoreUnavailableError,
} from '../object-storage/index.js';
import { MultipartSender } from './multipart-sender.js';
import { PartBuffer, partSizeOf } from './part-buffer.js';
import { unquote, type S3Bucket } from './s3-bucket.js';
import { attemptsOf, s3Code } from './s3-errors.js';
import { HEADERS_OF_OURS, leavePayloadUnsigned } from './s3-headers.js';
import { isMadeOf, mayHaveCompleted, type S3Multipart } from './s3-multipart.js';

export interface PutLimits {
  /** Bodies up to this size go in one request, where they fit into one part. */
  readonly multipartThresholdBytes: number;
  readonly multipartPartSizeBytes: number;
  /** Memory for one body is at most this many parts, and the one being collected. */
  readonly partsInFlight: number;
}

/**
 * Stores streams. A body is collected into parts: one that ends within the first goes as one PutObject, a longer one as
 * multipart upload. So whatever is sent lies in memory and can be sent again, and a sender that pauses holds no request
 * to the store open.
 */
export class S3Put {
  private readonly logger = new Logger(S3Put.name);

  constructor(
    private readonly bucket: S3Bucket,
    private readonly multipart: S3Multipart,
    private readonly limits: PutLimits,
  ) {}

  async put(key: string, body: Readable, options: PutOptions): Promise<PutResult> {
    const { signal, sizeBytes: announcedBytes, contentType, ifAbsent = false } = options;
    signal?.throwIfAborted();
    const sender = new MultipartSender(this.bucket, this.multipart, {
      key,
      contentType,
      ifAbsent,
      partsInFlight: this.limits.partsInFlight,
    });
    const cancel = (): void => {
      sender.cancel(signal?.reason);
    };
    signal?.addEventListener('abort', cancel);
    try {
      const last = await this.collect(body, sender, announcedBytes);
      sender.failed.throwIfAborted();
      if (!sender.opened && last.bytes.length <= this.limits.multipartThresholdBytes) {
        return await this.putOne(key, last, options);
      }
      await sender.send(last);
      await sender.settle();
    } catch (error) {
      sender.cancel(error);
      await this.abort(key, sender);
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
    return this.complete(key, sender);
  }

  /** Reads the body, sends every full part, and returns what is left: the last part. */
  private async collect(body: Readable, sender: MultipartSender, announcedBytes?: number): Promise<PartBuffer> {
    let received = 0;
    let partNumber = 1;
    const plan = { partSizeBytes: this.limits.multipartPartSizeBytes, sizeBytes: announcedBytes };
    let part = new PartBuffer(partSizeOf(1, plan), announcedBytes);
    const spill = async (bytes: Uint8Array): Promise<void> => {
      for (let rest = bytes; rest.length > 0;) {
        await sender.send(part);
        partNumber += 1;
        part = sender.buffer(partSizeOf(partNumber, plan));
        rest = rest.subarray(part.append(rest));
      }
    };
    await readBody(
      body,
      (chunk) => {
        received += chunk.length;
        if (announcedBytes !== undefined && received > announcedBytes) {
          throw new IncompleteBodyError(announcedBytes, received);
        }
        const taken = part.append(chunk);
        return taken === chunk.length ? undefined : spill(chunk.subarray(taken));
      },
      sender.failed,
    );
    if (announcedBytes !== undefined && received !== announcedBytes) {
      throw new IncompleteBodyError(announcedBytes, received);
    }
    return part;
  }

  /** Not abortable: the bytes are all here, and once they are sent only the store knows how it ended. */
  private async putOne(key: string, part: PartBuffer, options: PutOptions): Promise<PutResult> {
    const { bytes } = part;
    const crc32 = crc32ToBase64(part.crc32);
    const send = (): Promise<PutResult> => this.sendObject(key, { bytes, crc32 }, options);
    try {
      return await send().catch((error: unknown) => {
        // S3's advice for another write of the same key at the same moment.
        if (s3Code(error) === 'ConditionalRequestConflict') return send();
        throw error;
      });
    } catch (error) {
      const retriedIntoItself = error instanceof KeyTakenError && attemptsOf(error.cause) > 1;
      if (!retriedIntoItself && !(error instanceof StoreUnavailableError)) throw error;
      const stored = await this.findWritten(key, error, (object) => {
        if (object.sizeBytes !== bytes.length) return false;
        return object.checksums.crc32 === crc32 || object.etag === createHash('md5').update(bytes).digest('hex');
      });
      if (stored === undefined) throw error;
      return { sizeBytes: bytes.length, etag: stored.etag, checksums: { crc32 } };
    }
  }

  private async sendObject(
    key: string,
    { bytes, crc32 }: { readonly bytes: Buffer; readonly crc32: string },
    options: PutOptions,
  ): Promise<PutResult> {
    const command = new PutObjectCommand({
      Bucket: this.bucket.name,
      Key: key,
      Body: bytes,
      ContentLength: bytes.length,
      ContentType: options.contentType,
      ChecksumAlgorithm: 'CRC32',
      ChecksumCRC32: crc32,
      ...(options.ifAbsent === true && { IfNoneMatch: '*' }),
    });
    command.middlewareStack.add(leavePayloadUnsigned, HEADERS_OF_OURS);
    const output = await this.bucket.ask('PutObject', { key }, this.bucket.client.send(command));
    return { sizeBytes: bytes.length, etag: unquote(output.ETag), checksums: { crc32 } };
  }

  private async complete(key: string, sender: MultipartSender): Promise<PutResult> {
    try {
      return await sender.complete();
    } catch (error) {
      await this.abort(key, sender);
      if (!mayHaveCompleted(error)) throw error;
      const { sizeBytes, crc32, parts } = sender.expected;
      const stored = await this.findWritten(
        key,
        error,
        (object) => isMadeOf(object, parts) || (object.sizeBytes === sizeBytes && object.checksums.crc32 === crc32),
      );
      if (stored === undefined) throw error;
      return { sizeBytes, etag: stored.etag, checksums: { crc32 } };
    }
  }

  /**
   * Looks whether a write whose answer was lost came through. Where that cannot be told, the outcome is as unknown as the
   * write's: a failure that says so is kept, any other would say too much.
   */
  private async findWritten(
    key: string,
    failure: unknown,
    isOurs: (object: ObjectInfo) => boolean,
  ): Promise<ObjectInfo | undefined> {
    let object: ObjectInfo | undefined;
    try {
      object = await this.bucket.headSoon(key);
    } catch (error) {
      throw failure instanceof StoreUnavailableError ? failure : error;
    }
    return object !== undefined && isOurs(object) ? object : undefined;
  }

  /** The failure that led here is the one to tell; an upload that stays open for now is left to the sweeper. */
  private async abort(key: string, sender: MultipartSender): Promise<void> {
    try {
      await sender.abort();
    } catch (error) {
      this.logger.warn({ event: 'MULTIPART_ABORT_FAILED', key, reason: errorMessage(error) });
    }
  }
}
