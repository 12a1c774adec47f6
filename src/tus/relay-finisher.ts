import { Injectable, Logger } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { allParts, UploadCompletion, UploadSettlement, UploadStatus, type Fence } from '../direct-uploads/index.js';
import { errorMessage, type DomainError } from '../errors/index.js';
import type { StoredFile } from '../files/index.js';
import { FileLostError } from '../intake/index.js';
import {
  InvalidPartError,
  KeyTakenError,
  ObjectStorage,
  UploadMissingError,
  type CompletedPart,
  type MultipartRef,
  type UploadedPart,
} from '../storage/index.js';
import { RelayRecords } from './relay-records.js';
import { RelayRescue, type StoredParts } from './relay-rescue.js';
import { RelayStore, type HeldUpload } from './relay-store.js';
import { UploadGoneError } from './tus.errors.js';

/** Makes the file out of an upload that has all its bytes. Every step may be repeated, by the sender or the reaper. */
@Injectable()
export class RelayFinisher {
  private readonly logger = new Logger(RelayFinisher.name);

  constructor(
    private readonly storage: ObjectStorage,
    private readonly records: RelayRecords,
    private readonly store: RelayStore,
    private readonly completion: UploadCompletion,
    private readonly settlement: UploadSettlement,
    private readonly rescue: RelayRescue,
  ) {}

  /** The file, or the reason for which what was sent is rejected. Throws `UploadGoneError` where the store lost something. */
  async finish(held: HeldUpload, actor: Actor): Promise<StoredFile> {
    const { upload } = held;
    try {
      await this.join(held);
    } catch (error) {
      if (!(error instanceof UploadMissingError || error instanceof InvalidPartError)) throw error;
      return this.giveUpLost(held, actor);
    }
    try {
      return await this.completion.complete(upload, { actor, fence: this.fence(held) });
    } finally {
      await this.clear(held);
    }
  }

  /** Gives up what may not be stored, and throws why. */
  async reject(held: HeldUpload, error: DomainError, actor: Actor): Promise<never> {
    try {
      return await this.completion.reject(held.upload, { error, actor, fence: this.fence(held) });
    } finally {
      await this.clear(held);
    }
  }

  /**
   * Somebody dropped parts in the bucket itself: nobody else can. Throws `FileLostError` where somebody else decided first, and
   * `UploadLockedError` where somebody else holds the upload: what a former holder misses may be what this one dropped.
   */
  async giveUpLost(held: HeldUpload, actor: Actor): Promise<never> {
    const end = { status: UploadStatus.Aborted, reason: 'UPLOAD_MISSING', actor };
    const fence = this.fence(held);
    if (!(await this.settlement.abandon(held.upload, { ...end, fence }))) throw new FileLostError();
    await this.clear(held);
    throw new UploadGoneError(end);
  }

  /** By which only the holder of an upload ends it. */
  fence({ lease }: Pick<HeldUpload, 'lease'>): Fence {
    return (em) => this.records.assertHeld(em, lease);
  }

  /** What lies beside a file that is over; what cannot be removed now is removed by the reaper. */
  async clear({ upload }: Pick<HeldUpload, 'upload'>): Promise<void> {
    try {
      if ((await this.settlement.current(upload))?.isOpen() === true) return;
      await this.store.clear(upload);
    } catch (error) {
      const { id: uploadId } = upload;
      this.logger.warn({ event: 'UPLOAD_CLEARING_DEFERRED', uploadId, reason: errorMessage(error) });
    }
  }

  private async join(held: HeldUpload): Promise<void> {
    const { upload } = held;
    const progress = await this.records.get(upload.id);
    // The length was told after the last byte.
    if (progress.tails.length > 0) await this.store.sendPart(held, progress, await this.store.readTails(progress));
    if (upload.storeUploadId == null) throw new UploadMissingError();
    const ref = { key: upload.key, uploadId: upload.storeUploadId };
    const parts = await this.records.parts(upload.id);
    try {
      await this.joinParts(held, { ref, recorded: parts, stored: await this.assertThere(ref, parts) });
    } catch (error) {
      const isJoined = error instanceof KeyTakenError || error instanceof UploadMissingError;
      // Joined before, by whoever did not come to confirm it.
      if (!isJoined || (await this.storage.head(upload.key)) === undefined) throw error;
      await this.storage.abortMultipart(ref);
    }
    await this.rescue.separate(held, partBytes(parts));
  }

  /** Some stores join all that they have or nothing. */
  private async joinParts(held: HeldUpload, parts: StoredParts): Promise<void> {
    try {
      await this.storage.completeMultipart(parts.ref, parts.recorded, { ifAbsent: true });
    } catch (error) {
      if (!(error instanceof InvalidPartError)) throw error;
      await this.rescue.joinAll(held, parts);
    }
  }

  /** All that the store has: not every one compares what is named with it. Throws `InvalidPartError` where one is not there. */
  private async assertThere(ref: MultipartRef, parts: readonly CompletedPart[]): Promise<readonly UploadedPart[]> {
    const stored = await allParts(this.storage, ref);
    const etags = new Map(stored.map(({ partNumber, etag }) => [partNumber, etag]));
    const other = parts.find(({ partNumber, etag }) => etags.get(partNumber) !== etag);
    if (other !== undefined) throw new InvalidPartError(`part ${other.partNumber} is not the one that was sent`);
    return stored;
  }
}

function partBytes(parts: readonly UploadedPart[]): number {
  return parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
