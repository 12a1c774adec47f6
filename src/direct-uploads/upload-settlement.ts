import { Inject, Injectable, Logger } from '@nestjs/common';
import { EntityManager, type FilterQuery } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { StoredFile } from '../files/index.js';
import { DirectIntake, FileLostError, type SentFile } from '../intake/index.js';
import { ObjectStorage } from '../storage/index.js';
import { directUploadsConfig, type DirectUploadsConfig } from './direct-uploads.config.js';
import { UploadFinishedError, UploadNotFoundError } from './direct-uploads.errors.js';
import { moments } from './moments.js';
import { Upload, UploadStatus, UploadStrategy } from './upload.entity.js';

/** For how long the record of a file that was given up stays, for its reason to be read. */
const REASON_KEPT_MS = 86_400_000;
/** What was begun with a URL may go on for a while after it expired. */
const LATE_WRITE_MS = 900_000;
/** The attempt with which every announced file begins; nothing but its end changes it. */
const ATTEMPT = 1;

const ACTIONS = {
  rejected: { action: 'upload.rejected' },
  aborted: { action: 'upload.aborted' },
  expired: { action: 'upload.expired' },
} as const;

/** Throws, in the transaction that decides, where whoever decides may no longer. */
export type Fence = (em: EntityManager) => Promise<void>;

/** How an upload ended that brought no file. */
export interface UploadEnd {
  readonly status: keyof typeof ACTIONS;
  /** The code of the error. */
  readonly reason: string;
  readonly actor: Actor;
  /** What has to hold of the upload; anything where absent. */
  readonly provided?: FilterQuery<Upload>;
  readonly fence?: Fence;
}

/** Who says that an upload became a file. */
export interface Decision {
  readonly actor: Actor;
  readonly fence?: Fence;
}

/** A size that is told after the upload was begun. */
export interface LateSize {
  readonly sizeBytes: number;
  /** What has to hold besides, in the same transaction. */
  readonly provided: (em: EntityManager) => Promise<boolean>;
}

/** Changes what uploads are: the file and its upload together, each in one transaction. */
@Injectable()
export class UploadSettlement {
  private readonly logger = new Logger(UploadSettlement.name);

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly intake: DirectIntake,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    @Inject(directUploadsConfig.KEY) private readonly config: DirectUploadsConfig,
  ) {}

  /**
   * Puts the expiry of an upload off, as its sender was heard of; with `urlSeconds`, as a URL is about to be handed out that
   * writes for so long. Throws `UploadFinishedError` for one that is over.
   */
  async touch(upload: Upload, { urlSeconds }: { readonly urlSeconds?: number } = {}): Promise<void> {
    const now = this.clock.now().getTime();
    const expiresAt = new Date(now + this.config.expirySeconds * 1000);
    const writableUntil = urlSeconds === undefined ? null : new Date(now + urlSeconds * 1000 + LATE_WRITE_MS);
    await inTransaction(this.em, async (em) => {
      // The file first, as everything that changes both does.
      await em.execute('update stored_file set writable_until = greatest(writable_until, ?) where id = ?', [
        writableUntil,
        upload.fileId,
      ]);
      const touched = await em.execute<unknown[]>(
        `update upload set expires_at = greatest(expires_at, ?), writable_until = greatest(writable_until, ?)
         where id = ? and status = 'open' returning id`,
        [expiresAt, writableUntil, upload.id],
      );
      if (touched.length === 0) {
        const ended = await em.findOne(Upload, { id: upload.id }, { refresh: true });
        if (ended === null) throw new UploadNotFoundError();
        throw new UploadFinishedError({ status: ended.status, reason: ended.reason ?? null });
      }
    });
  }

  /**
   * Says how large an upload is that was begun without, and sets its room aside. False where it is known already, the upload
   * over, or what is `provided` does not hold. Throws `QuotaExceededError`.
   */
  async declareSize({ id, fileId }: Upload, { sizeBytes, provided }: LateSize): Promise<boolean> {
    try {
      await inTransaction(this.em, async (em) => {
        await this.intake.widen(em, { fileId, sizeBytes });
        const where = { id, status: UploadStatus.Open, declaredSizeBytes: null };
        const declared = await em.nativeUpdate(Upload, where, { declaredSizeBytes: sizeBytes });
        // What was set aside is taken back.
        if (declared === 0 || !(await provided(em))) throw new FileLostError();
      });
      return true;
    } catch (error) {
      if (error instanceof FileLostError) return false;
      throw error;
    }
  }

  /** What has become of an upload. */
  current({ id }: Pick<Upload, 'id'>): Promise<Upload | null> {
    return this.em.fork().findOne(Upload, { id });
  }

  /** Marks file and upload done. Throws `FileLostError` where somebody else decided first. */
  async complete(upload: Upload, sent: SentFile, { actor, fence }: Decision): Promise<StoredFile> {
    const file = await inTransaction(this.em, (em) =>
      this.intake.confirm(em, sent, {
        actor,
        then: async (tx) => {
          await this.end(tx, { id: upload.id }, { status: UploadStatus.Completed, reason: null });
          await fence?.(tx);
          // Parts go nowhere any more; the one PUT can be sent again until its URL expires, and finds its key taken.
          if (upload.strategy !== UploadStrategy.Single)
            await tx.nativeUpdate(StoredFile, { id: upload.fileId }, { writableUntil: null });
        },
      }),
    );
    moments.confirmed.publish({ uploadId: upload.id, fileId: file.id });
    await this.clearStaged(upload);
    return file;
  }

  /** Gives file and upload up and removes what the store has of them; false where somebody else decided first. */
  async abandon(upload: Upload, end: UploadEnd): Promise<boolean> {
    if (!(await this.giveUp(upload, end))) return false;
    const { fileId, key } = upload;
    try {
      if (upload.storeUploadId != null) await this.storage.abortMultipart({ key, uploadId: upload.storeUploadId });
      await this.intake.clear(key);
    } catch (error) {
      // The rows say what is left to do, and the sweep does it.
      this.logger.warn({ event: 'DISCARD_DEFERRED', err: error, fileIds: [fileId] });
    }
    await this.clearStaged(upload);
    return true;
  }

  /** Drops an upload of which nobody was told, and under whose key lies somebody else's object: that stays. */
  async withdraw({ id, fileId }: Upload): Promise<void> {
    await inTransaction(this.em, async (em) => {
      await this.intake.withdraw(em, { fileId, attempt: ATTEMPT });
      await em.nativeDelete(Upload, { id, status: UploadStatus.Open });
    });
  }

  /** What a form left beside the key; once more by the reaper, when nobody can send it again. */
  async clearStaged({ stagedKey, fileId }: Upload): Promise<void> {
    if (stagedKey == null) return;
    try {
      await this.storage.delete(stagedKey);
    } catch (error) {
      this.logger.warn({ event: 'DISCARD_DEFERRED', err: error, fileIds: [fileId] });
    }
  }

  private async giveUp(upload: Upload, { status, reason, actor, provided = {}, fence }: UploadEnd): Promise<boolean> {
    const { id, fileId } = upload;
    const keptUntil = new Date(this.clock.now().getTime() + REASON_KEPT_MS);
    try {
      return await inTransaction(this.em, async (em) => {
        if (!(await this.intake.reject(em, { fileId, attempt: ATTEMPT }, { reason, keptUntil, actor }))) return false;
        // The file is locked first, as everywhere; what is found of the upload only then takes it back.
        if ((await this.end(em, { $and: [{ id }, provided] }, { status, reason })) === 0) throw new FileLostError();
        await fence?.(em);
        const entry = { ...ACTIONS[status], actor, subjectType: 'upload', subjectId: id, details: { fileId, reason } };
        await this.audit.record(em, [entry]);
        return true;
      });
    } catch (error) {
      if (error instanceof FileLostError) return false;
      throw error;
    }
  }

  private end(
    em: EntityManager,
    where: FilterQuery<Upload>,
    { status, reason }: { readonly status: UploadStatus; readonly reason: string | null },
  ): Promise<number> {
    return em.nativeUpdate(
      Upload,
      { $and: [where, { status: UploadStatus.Open }] },
      { status, reason, settledAt: this.clock.now(), nextCheckAt: null },
    );
  }
}
