import { Inject, Injectable, Logger } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Cron, CronExpression } from '@nestjs/schedule';
import { systemActor } from '../auth/index.js';
import { appConfig, Clock, Role, type AppConfig } from '../config/index.js';
import { DomainError } from '../errors/index.js';
import { ObjectStorage, UploadMissingError } from '../storage/index.js';
import { directUploadsConfig, type DirectUploadsConfig } from './direct-uploads.config.js';
import { UploadCompletion } from './upload-completion.js';
import { allParts } from './upload-parts.js';
import { UploadSettlement } from './upload-settlement.js';
import { refOf } from './upload-urls.js';
import { Upload, UploadStatus, UploadStrategy } from './upload.entity.js';

const BATCH = 100;
/** How long one node keeps the others away from what it looks at. */
const CLAIM_MS = 300_000;
const MIN_CHECK_MS = 60_000;
const MAX_CHECK_MS = 3_600_000;

/** What one round of the reaper did. */
export interface ReapReport {
  /** Uploads that were finished at the store, and whose sender had not said so. */
  readonly completed: number;
  /** Those among them that were not what may be stored. */
  readonly rejected: number;
  readonly expired: number;
  /** Left-overs of forms and records of old uploads that were removed. */
  readonly cleared: number;
  /** Uploads about which the store could not be asked; they stay for the next round. */
  readonly deferred: number;
}

type Fate = 'completed' | 'rejected' | 'expired' | 'open' | 'deferred';

/**
 * Gives every upload its end: what is finished at the store is confirmed, what nobody finishes expires, and both leave nothing
 * behind. Safe on many nodes at once, and every step may be repeated. Uploads that the service relays have a keeper of their own.
 */
@Injectable()
export class UploadReaper {
  private readonly logger = new Logger(UploadReaper.name);
  private readonly actor = systemActor('upload-reaper');

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly completion: UploadCompletion,
    private readonly settlement: UploadSettlement,
    private readonly clock: Clock,
    @Inject(directUploadsConfig.KEY) private readonly config: DirectUploadsConfig,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  @Cron(CronExpression.EVERY_30_SECONDS, { name: 'uploads.reap', waitForCompletion: true })
  async tick(): Promise<void> {
    if (this.app.role === Role.Api) return;
    try {
      const report = await this.reap();
      if (Object.values(report).some((count: number) => count > 0)) {
        this.logger.log({ event: 'UPLOADS_REAPED', ...report });
      }
    } catch (error) {
      this.logger.error({ event: 'REAP_FAILED', err: error }, 'the reaper failed; the next round tries again');
    }
  }

  /** One round. `all`: looks at every open upload, whether or not it is due. */
  async reap({ all = false }: { readonly all?: boolean } = {}): Promise<ReapReport> {
    const fates: Record<Fate, number> = { completed: 0, rejected: 0, expired: 0, open: 0, deferred: 0 };
    const startedAt = this.clock.now();
    for (;;) {
      const batch = await this.claim(all ? new Date(8.64e15) : startedAt, startedAt);
      for (const upload of batch) fates[await this.settle(upload)] += 1;
      if (batch.length < BATCH) break;
    }
    const { completed, rejected, expired, deferred } = fates;
    return { completed, rejected, expired, deferred, cleared: await this.clearOld() };
  }

  /** Those that are due and were not looked at since the round began. */
  private async claim(dueBefore: Date, startedAt: Date): Promise<readonly Upload[]> {
    const em = this.em.fork();
    const claimedUntil = new Date(startedAt.getTime() + CLAIM_MS);
    const rows = await em.execute<{ id: string }[]>(
      `update upload set next_check_at = ?
       where id in (select id from upload
                    where status = 'open' and strategy <> 'relay' and next_check_at <= ? and next_check_at <> ?
                    order by next_check_at limit ${BATCH} for update skip locked)
       returning id`,
      [claimedUntil, dueBefore.getTime() > startedAt.getTime() ? new Date('9999-01-01') : dueBefore, claimedUntil],
    );
    return em.find(Upload, { id: { $in: rows.map(({ id }) => id) } });
  }

  private async settle(upload: Upload): Promise<Fate> {
    const expired = upload.expiresAt <= this.clock.now() && !this.isWritable(upload);
    try {
      if (await this.isFinished(upload, expired)) {
        await this.completion.complete(upload, { actor: this.actor });
        return 'completed';
      }
      if (expired) return (await this.expire(upload)) ? 'expired' : 'open';
      await this.lookAgain(upload);
      return 'open';
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.kind === 'unavailable') return 'deferred';
      this.logger.warn({ event: 'UPLOAD_REJECTED', uploadId: upload.id, fileId: upload.fileId, reason: error.code });
      // What cannot be completed though all of it is there: parts that are too small for the store.
      if (expired) await this.expire(upload);
      return 'rejected';
    }
  }

  /** False where somebody else decided meanwhile. */
  private expire(upload: Upload): Promise<boolean> {
    const end = { status: UploadStatus.Expired, reason: 'UPLOAD_EXPIRED', actor: this.actor };
    return this.settlement.abandon(upload, end);
  }

  /** Whether the store has all of it. Parts are asked for only where they would otherwise be thrown away. */
  private async isFinished(upload: Upload, expired: boolean): Promise<boolean> {
    if ((await this.storage.head(upload.key)) !== undefined) return true;
    if (upload.stagedKey != null) return (await this.storage.head(upload.stagedKey)) !== undefined;
    if (!expired || upload.strategy !== UploadStrategy.Multipart || upload.storeUploadId == null) return false;
    try {
      const parts = await allParts(this.storage, refOf(upload));
      const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
      return upload.declaredSizeBytes != null && sizeBytes === upload.declaredSizeBytes;
    } catch (error) {
      if (error instanceof UploadMissingError) return false;
      throw error;
    }
  }

  private isWritable({ writableUntil }: Upload): boolean {
    return writableUntil != null && writableUntil > this.clock.now();
  }

  /** The longer an upload lasts, the longer it may wait. */
  private async lookAgain({ id, createdAt, expiresAt }: Upload): Promise<void> {
    const now = this.clock.now().getTime();
    const wait = Math.min(MAX_CHECK_MS, Math.max(MIN_CHECK_MS, (now - createdAt.getTime()) / 2));
    const nextCheckAt = new Date(Math.min(now + wait, Math.max(expiresAt.getTime(), now + 1000)));
    await this.em.fork().nativeUpdate(Upload, { id, status: UploadStatus.Open }, { nextCheckAt });
  }

  /** What forms left can be sent again until their URLs expire; rows of uploads are kept for their senders to ask. */
  private async clearOld(): Promise<number> {
    const em = this.em.fork();
    const now = this.clock.now();
    const left = await em.find(
      Upload,
      { status: { $ne: UploadStatus.Open }, stagedKey: { $ne: null }, clearedAt: null, writableUntil: { $lte: now } },
      { limit: BATCH, orderBy: { settledAt: 'asc' } },
    );
    for (const { id, stagedKey } of left) {
      if (stagedKey != null) await this.storage.delete(stagedKey);
      await em.nativeUpdate(Upload, { id }, { clearedAt: now });
    }
    const before = new Date(now.getTime() - this.config.expirySeconds * 1000);
    const gone = await em.nativeDelete(Upload, {
      status: { $ne: UploadStatus.Open },
      settledAt: { $lt: before },
      $or: [{ stagedKey: null }, { clearedAt: { $ne: null } }],
    });
    return left.length + gone;
  }
}
