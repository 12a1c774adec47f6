import { createHash } from 'node:crypto';
import { assertPartNumber, type LocalMultipart } from './local-multipart.js';
import type { ObjectFileReader, StoredFacts } from './local-object-file.js';
import type { LocalObjectStore, PublishOptions } from './local-object-store.js';
import { writeOrDiscard, type ObjectFileWriter } from './local-object-writer.js';
import { type CompletedPart, InvalidPartError, type MultipartRef } from '../object-storage/index.js';

/** As S3, so that what works here works there. */
const MIN_PART_BYTES = 5 * 1024 * 1024;

/**
 * Makes an object out of the parts of an upload. Every step may be the last before a crash: the parts are dropped only after
 * the object is there, and the object names its upload, so that completing again finds what was done.
 */
export class LocalMultipartCompletion {
  /** The last thing asked of each upload that is being completed or dropped: a second one waits for it. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: LocalObjectStore,
    private readonly multipart: LocalMultipart,
  ) {}

  complete(
    ref: MultipartRef,
    parts: readonly CompletedPart[],
    options: PublishOptions & { readonly now: Date },
  ): Promise<StoredFacts> {
    return this.inTurn(ref, async () => {
      const done = await this.completed(ref);
      const facts = done ?? (await this.assemble(ref, parts, options));
      await this.multipart.drop(ref);
      return facts;
    });
  }

  abort(ref: MultipartRef): Promise<void> {
    return this.inTurn(ref, () => this.multipart.drop(ref));
  }

  /** The object, where this upload has become it already. */
  private async completed(ref: MultipartRef): Promise<StoredFacts | undefined> {
    const facts = await this.store.facts(ref.key);
    return facts?.uploadId === ref.uploadId ? facts : undefined;
  }

  private async assemble(
    ref: MultipartRef,
    parts: readonly CompletedPart[],
    { now, ifAbsent }: PublishOptions & { readonly now: Date },
  ): Promise<StoredFacts> {
    const { contentType } = await this.multipart.get(ref);
    await this.check(ref, parts);
    return writeOrDiscard(await this.store.newFile(), async (file) => {
      for (const part of parts) await this.append(file, ref, part);
      const facts = await file.finish({
        key: ref.key,
        contentType,
        lastModified: now.toISOString(),
        uploadId: ref.uploadId,
        etag: etagOf(ref, parts),
      });
      // Another process, such as a command that cleans up, may have dropped the upload meanwhile.
      await this.multipart.get(ref);
      await this.store.publish(file, ref.key, { ifAbsent });
      return facts;
    });
  }

  private async check(ref: MultipartRef, parts: readonly CompletedPart[]): Promise<void> {
    if (parts.length === 0) throw new InvalidPartError('it names no parts');
    let before = 0;
    for (const [index, part] of parts.entries()) {
      assertPartNumber(part.partNumber);
      if (part.partNumber <= before) throw new InvalidPartError(`part ${part.partNumber} is out of order`);
      before = part.partNumber;
      const { sizeBytes } = checked(part, await this.multipart.partFacts(ref, part.partNumber));
      if (sizeBytes < MIN_PART_BYTES && index < parts.length - 1) {
        throw new InvalidPartError(
          `part ${part.partNumber} has ${sizeBytes} bytes, and only the last may be under 5 MiB`,
        );
      }
    }
  }

  private async append(file: ObjectFileWriter, ref: MultipartRef, part: CompletedPart): Promise<void> {
    const reader = await this.multipart.openPart(ref, part.partNumber);
    const { sizeBytes } = await this.checkedOrClosed(part, reader);
    if (!reader) return;
    const bytes = await reader.read({ start: 0, end: sizeBytes - 1 });
    for await (const chunk of bytes) await file.append(chunk as Buffer);
  }

  /** A part may have been replaced since it was checked. */
  private async checkedOrClosed(part: CompletedPart, reader: ObjectFileReader | undefined): Promise<StoredFacts> {
    try {
      return checked(part, reader?.facts);
    } catch (error) {
      await reader?.close();
      throw error;
    }
  }

  private async inTurn<T>({ uploadId }: MultipartRef, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(uploadId) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.turns.set(uploadId, turn);
    try {
      return await turn;
    } finally {
      if (this.turns.get(uploadId) === turn) this.turns.delete(uploadId);
    }
  }
}

function checked(part: CompletedPart, facts: StoredFacts | undefined): StoredFacts {
  if (!facts) throw new InvalidPartError(`part ${part.partNumber} was never sent`);
  const same = facts.etag === part.etag && (part.crc32 === undefined || part.crc32 === facts.checksums.crc32);
  if (!same) throw new InvalidPartError(`part ${part.partNumber} has another ETag or checksum`);
  return facts;
}

/** The same for the same upload and parts; and, as S3's, with the number of parts at its end. */
function etagOf({ uploadId }: MultipartRef, parts: readonly CompletedPart[]): string {
  const hash = createHash('sha256').update(uploadId);
  for (const { etag } of parts) hash.update(etag);
  return `${hash.digest('hex').slice(0, 32)}-${parts.length}`;
}
