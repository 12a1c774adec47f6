import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { DomainError } from '../errors/index.js';
import { FileTooLargeError, VERDICTS } from '../intake/index.js';
import { MAX_PARTS, storageConfig, UploadMissingError, type StorageConfig } from '../storage/index.js';
import { BEGINNING_BYTES, FileBeginnings } from './file-beginnings.js';
import { nextPartSize } from './part-sizes.js';
import { PendingBytes } from './pending-bytes.js';
import { RelayFinisher } from './relay-finisher.js';
import { RelayRecords, type Progress } from './relay-records.js';
import { RelayStore, tailBytes, type HeldUpload } from './relay-store.js';

/** So many tails are read for one part; a sender of small pieces has them put together before. */
const MAX_TAILS = 32;

/** One PATCH at work. */
interface Reception extends HeldUpload {
  readonly pending: PendingBytes;
  progress: Progress;
  /** Whether the first bytes were looked at, or went by with an earlier request. */
  isRecognised: boolean;
}

/** Takes the bytes of a request and sends them on while they arrive. Holds no more of them than one part. */
@Injectable()
export class RelayReceiver {
  constructor(
    private readonly records: RelayRecords,
    private readonly store: RelayStore,
    private readonly beginnings: FileBeginnings,
    private readonly finisher: RelayFinisher,
    @Inject(storageConfig.KEY) private readonly config: StorageConfig,
  ) {}

  /**
   * Receives to the end, or as far as it comes: a sender whose connection breaks finds everything that arrived. With the last
   * byte the file is made. Returns the offset. What can never become a file is rejected, and its reason thrown.
   */
  async receive(held: HeldUpload, source: Readable, actor: Actor): Promise<number> {
    const offset = await this.relay(held, source).catch((error: unknown) => {
      if (error instanceof UploadMissingError) return this.finisher.giveUpLost(held, actor);
      if (!(error instanceof DomainError) || !VERDICTS.has(error.kind)) throw error;
      return this.finisher.reject(held, error, actor);
    });
    if (offset === held.upload.declaredSizeBytes) await this.finisher.finish(held, actor);
    return offset;
  }

  /** Counts what a holder before this one sent and did not record. */
  async catchUp(held: HeldUpload): Promise<void> {
    await this.store.adopt(held);
  }

  private async relay(held: HeldUpload, source: Readable): Promise<number> {
    const progress = await this.records.get(held.upload.id);
    const isRecognised = progress.offset > tailBytes(progress);
    const reception: Reception = { ...held, pending: new PendingBytes(), progress, isRecognised };
    let broken: unknown;
    const pieces = untilBroken(source, (error) => {
      broken = error;
    });
    for await (const chunk of pieces) await this.take(reception, chunk);
    await this.keepRest(reception);
    if (broken instanceof Error) throw broken;
    return reception.progress.offset;
  }

  private async take(reception: Reception, chunk: Buffer): Promise<void> {
    const { upload, pending } = reception;
    pending.push(chunk);
    if (reception.progress.offset + pending.length > upload.maxSizeBytes)
      throw new FileTooLargeError(upload.maxSizeBytes);
    if (!reception.isRecognised && reception.progress.offset === 0 && pending.length >= BEGINNING_BYTES)
      await this.recognise(reception, pending.peek(BEGINNING_BYTES));
    for (;;) {
      const missing = this.partSize(reception) - tailBytes(reception.progress);
      if (pending.length < missing) return;
      await this.send(reception, Math.max(missing, 0));
    }
  }

  private async send(reception: Reception, count: number): Promise<void> {
    const { progress, pending } = reception;
    // Other holders took over so often that no number is left.
    if (progress.nextPart > MAX_PARTS) throw new FileTooLargeError(progress.offset);
    const behind = pending.take(count);
    const bytes = progress.tails.length === 0 ? behind : Buffer.concat([await this.store.readTails(progress), behind]);
    if (!reception.isRecognised) await this.recognise(reception, bytes);
    reception.progress = await this.store.sendPart(reception, progress, bytes);
  }

  /** The last part may have any size; before it, what is too little for one is kept beside the parts. */
  private async keepRest(reception: Reception): Promise<void> {
    const { upload, pending, progress } = reception;
    const count = pending.length;
    const isEnd = progress.offset + count === upload.declaredSizeBytes;
    if (isEnd && count + tailBytes(progress) > 0) return this.send(reception, count);
    if (count === 0) return;
    const bytes = pending.take();
    reception.progress =
      progress.tails.length < MAX_TAILS
        ? await this.store.keepTail(reception, progress, { bytes, instead: false })
        : await this.store.keepTail(reception, progress, {
            bytes: Buffer.concat([await this.store.readTails(progress), bytes]),
            instead: true,
          });
  }

  private partSize({ upload, progress }: Reception): number {
    const bytes = (upload.declaredSizeBytes ?? upload.maxSizeBytes) - progress.offset + tailBytes(progress);
    return nextPartSize({ bytes, nextPart: progress.nextPart }, this.config.multipartPartSizeBytes);
  }

  private async recognise(reception: Reception, head: Buffer): Promise<void> {
    reception.isRecognised = true;
    await this.beginnings.assert(reception.upload, head);
  }
}

/** What a stream gives until it ends or breaks. */
async function* untilBroken(source: Readable, onBroken: (error: unknown) => void): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of source) yield chunk as Buffer;
  } catch (error) {
    onBroken(error);
  }
}
