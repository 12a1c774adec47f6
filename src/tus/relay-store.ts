import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import type { Upload } from '../direct-uploads/index.js';
import { errorMessage } from '../errors/index.js';
import { StoredFile } from '../files/index.js';
import { ObjectStorage, UploadMissingError, type MultipartRef, type UploadedPart } from '../storage/index.js';
import { moments } from './moments.js';
import { RelayRecords, type Progress, type Tail } from './relay-records.js';
import type { UploadLease } from './upload-lease.js';

/** What stores take for a part that is not the last. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const TAIL_TYPE = 'application/octet-stream';

/** An upload in the hands of its holder. */
export interface HeldUpload {
  readonly upload: Upload;
  readonly lease: UploadLease;
}

/**
 * Brings bytes into the store and acknowledges them, in this order: parts, and tails for what is too little for a part. What a
 * holder wrote after it lost its lease is named by no row, and so is never part of a file.
 */
@Injectable()
export class RelayStore {
  private readonly logger = new Logger(RelayStore.name);

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly records: RelayRecords,
  ) {}

  /** Sends the next part: everything in the tails, and `bytes` behind it. */
  async sendPart({ upload, lease }: HeldUpload, from: Progress, bytes: Buffer): Promise<Progress> {
    const ref = await this.open(upload);
    lease.isNumberInDoubt = true;
    const part = await this.storage.uploadPart(ref, from.nextPart, bytes);
    moments.partSent.publish({ uploadId: upload.id, fileId: upload.fileId });
    const offset = from.offset - tailBytes(from) + bytes.length;
    const progress = await this.records.advance(lease, { from, offset, tails: [], part });
    lease.isNumberInDoubt = false;
    await this.drop(upload, from.tails);
    return progress;
  }

  /**
   * Acknowledges a part that a holder sent and did not live to record. A holder sends one at a time, with what comes behind the
   * recorded parts: so any that has a number behind theirs holds the bytes that come next, and all tails too where it is as long.
   */
  async adopt({ upload, lease }: HeldUpload): Promise<void> {
    const from = await this.records.get(upload.id);
    if (from.lastPart + 1 >= from.nextPart || upload.storeUploadId == null) return;
    const inParts = from.offset - tailBytes(from);
    const room = { least: tailBytes(from), most: (upload.declaredSizeBytes ?? upload.maxSizeBytes) - inParts };
    const part = largest((await this.sentAfter(upload, from)).filter((sent) => fits(sent, room)));
    if (part === undefined) return;
    await this.records.advance(lease, { from, offset: inParts + part.sizeBytes, tails: [], part });
    await this.drop(upload, from.tails);
  }

  /** Keeps what is too little for a part; `instead` of all tails, or behind them. */
  async keepTail(
    { upload, lease }: HeldUpload,
    from: Progress,
    { bytes, instead }: { readonly bytes: Buffer; readonly instead: boolean },
  ): Promise<Progress> {
    const tail = { key: `${tailFolder(upload)}${lease.nextTailName()}`, sizeBytes: bytes.length };
    await this.storage.put(tail.key, Readable.from([bytes]), { contentType: TAIL_TYPE, sizeBytes: bytes.length });
    const offset = from.offset + bytes.length - (instead ? tailBytes(from) : 0);
    const tails = instead ? [tail] : [...from.tails, tail];
    const progress = await this.records.advance(lease, { from, offset, tails });
    if (instead) await this.drop(upload, from.tails);
    return progress;
  }

  /** The bytes of all tails. Throws `UploadMissingError` where somebody removed one. */
  async readTails({ tails }: Pick<Progress, 'tails'>): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (const { key, sizeBytes } of tails) {
      const content = await this.storage.find(key);
      if (content === undefined) throw new UploadMissingError();
      const bytes = await buffer(content.body);
      if (bytes.length !== sizeBytes) throw new UploadMissingError();
      pieces.push(bytes);
    }
    return Buffer.concat(pieces);
  }

  /** Removes everything that lies beside the file, also what holders left who lost their lease. */
  async clear(upload: Upload): Promise<void> {
    const prefix = tailFolder(upload);
    for (let startAfter: string | undefined; ;) {
      const page = await this.storage.list({ prefix, ...(startAfter !== undefined && { startAfter }) });
      if (page.objects.length > 0) await this.storage.deleteMany(page.objects.map(({ key }) => key));
      startAfter = page.nextStartAfter;
      if (startAfter === undefined) return;
    }
  }

  /** Drops what is open under the key of an upload that is over. */
  async dropUploads({ key }: Upload): Promise<void> {
    const { uploads } = await this.storage.listUploads({ prefix: key });
    for (const open of uploads) if (open.key === key) await this.storage.abortMultipart(open);
  }

  /** What the store has under the numbers that were left out behind the recorded parts. */
  private async sentAfter(
    { key, storeUploadId }: Upload,
    { lastPart, nextPart }: Progress,
  ): Promise<readonly UploadedPart[]> {
    const ref = { key, uploadId: storeUploadId ?? '' };
    try {
      const { parts } = await this.storage.listParts(ref, { ...(lastPart > 0 && { afterPartNumber: lastPart }) });
      return parts.filter(({ partNumber }) => partNumber < nextPart);
    } catch (error) {
      // Whoever sends the next part, or joins them, finds out what that means.
      if (error instanceof UploadMissingError) return [];
      throw error;
    }
  }

  /** The store's upload, opened with the first part. Two that open one at once agree on the one that was named first. */
  private async open(upload: Upload): Promise<MultipartRef> {
    const { id, key, fileId } = upload;
    if (upload.storeUploadId != null) return { key, uploadId: upload.storeUploadId };
    const { contentType } = await this.em.fork().findOneOrFail(StoredFile, { id: fileId });
    const made = await this.storage.createMultipart(key, { contentType });
    const uploadId = await this.records.nameStoreUpload(id, made.uploadId);
    if (uploadId !== made.uploadId) await this.storage.abortMultipart(made);
    if (uploadId === null) throw await this.records.goneError(id);
    upload.storeUploadId = uploadId;
    return { key, uploadId };
  }

  /** What no row names any more; what stays is cleared at the end. */
  private async drop({ id: uploadId }: Upload, tails: readonly Tail[]): Promise<void> {
    if (tails.length === 0) return;
    try {
      await this.storage.deleteMany(tails.map(({ key }) => key));
    } catch (error) {
      this.logger.warn({ event: 'UPLOAD_CLEARING_DEFERRED', uploadId, reason: errorMessage(error) });
    }
  }
}

export function tailBytes({ tails }: Pick<Progress, 'tails'>): number {
  return tails.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function largest(parts: readonly UploadedPart[]): UploadedPart | undefined {
  return [...parts].sort((one, other) => other.sizeBytes - one.sizeBytes)[0];
}

/** Only the last part may be small. */
function fits({ sizeBytes }: UploadedPart, room: { readonly least: number; readonly most: number }): boolean {
  return sizeBytes >= room.least && (sizeBytes === room.most || (sizeBytes < room.most && sizeBytes >= MIN_PART_BYTES));
}

export function tailFolder({ fileId }: Upload): string {
  return `temp/uploads/${fileId}/`;
}
