import { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import {
  InvalidPartError,
  ObjectStorage,
  UploadMissingError,
  type MultipartRef,
  type UploadedPart,
} from '../storage/index.js';
import { moments } from './moments.js';
import { RelayRecords, type JoinedPart } from './relay-records.js';
import { tailFolder, type HeldUpload } from './relay-store.js';
import { UploadPartsUnexpectedError } from './tus.errors.js';

/** What the store has of an upload, and what of it belongs to the file. */
export interface StoredParts {
  readonly ref: MultipartRef;
  readonly stored: readonly UploadedPart[];
  readonly recorded: readonly UploadedPart[];
}

/**
 * Makes the file where the store has parts that came too late to belong to it, and joins all that it has or nothing: everything
 * is joined, and what is the file's read out of it. The object under the key is the joined one or the right one at any time,
 * which their sizes tell apart, and everybody who puts one there puts the same: so each step may be repeated, and come late.
 */
@Injectable()
export class RelayRescue {
  private readonly logger = new Logger(RelayRescue.name);

  constructor(
    private readonly storage: ObjectStorage,
    private readonly records: RelayRecords,
  ) {}

  /** Joins all parts, having written down which are the file's. Throws `UploadPartsUnexpectedError` where that cannot be. */
  async joinAll({ upload, lease }: HeldUpload, { ref, stored, recorded }: StoredParts): Promise<void> {
    const numbers = new Set(recorded.map(({ partNumber }) => partNumber));
    const joined = stored.map(({ partNumber, sizeBytes }) => ({ sizeBytes, isRecorded: numbers.has(partNumber) }));
    const unexpected = joined.filter(({ isRecorded }) => !isRecorded).length;
    this.logger.warn({ event: 'RELAY_PARTS_UNEXPECTED', uploadId: upload.id, recorded: recorded.length, unexpected });
    if (unexpected === 0) throw new UploadPartsUnexpectedError();
    await this.records.noteJoined(lease, joined);
    try {
      await this.storage.completeMultipart(ref, stored, { ifAbsent: true });
    } catch (error) {
      // One more has come; it is seen next time.
      throw error instanceof InvalidPartError ? new UploadPartsUnexpectedError() : error;
    }
    moments.strayJoined.publish({ uploadId: upload.id, fileId: upload.fileId });
  }

  /** Leaves the file alone under its key, where everything was joined. Throws `UploadMissingError` where there is nothing. */
  async separate({ upload, lease }: HeldUpload, sizeBytes: number): Promise<void> {
    const joined = await this.records.joined(upload.id);
    if (joined === undefined) return;
    const content = await this.storage.find(upload.key);
    if (content === undefined) throw new UploadMissingError();
    const { body, info } = content;
    try {
      if (info.sizeBytes === sizeBytes) return;
      if (info.sizeBytes !== totalBytes(joined)) throw new UploadPartsUnexpectedError();
      // One read, of one object, whatever is put in its place meanwhile; and nobody else writes this key.
      const key = `${tailFolder(upload)}rescue-${lease.token}`;
      const file = Readable.from(recordedOnly(body, joined));
      await this.storage.put(key, file, { contentType: info.contentType, sizeBytes });
      await this.records.confirmHeld(lease);
      await this.storage.copy(key, upload.key);
      await this.storage.delete(key);
    } finally {
      body.destroy();
    }
  }
}

function totalBytes(parts: readonly Pick<JoinedPart, 'sizeBytes'>[]): number {
  return parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** The bytes of what was joined, without those of the parts that nobody acknowledged. */
export async function* recordedOnly(
  body: AsyncIterable<unknown>,
  parts: readonly JoinedPart[],
): AsyncGenerator<Buffer> {
  const rest = parts.map((part) => ({ ...part }));
  for await (const chunk of body) {
    for (let bytes = chunk as Buffer; bytes.length > 0;) {
      const part = rest[0];
      if (part === undefined) return;
      const taken = bytes.subarray(0, part.sizeBytes);
      if (part.isRecorded && taken.length > 0) yield taken;
      bytes = bytes.subarray(taken.length);
      part.sizeBytes -= taken.length;
      if (part.sizeBytes === 0) rest.shift();
    }
  }
}
