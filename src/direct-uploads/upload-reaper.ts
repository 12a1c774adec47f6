import { Inject, Injectable, Logger } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Cron, CronExpression } from '@nestjs/schedule';
import { systemActor } from '../auth/index.js';
import { appConfig, Clock, Role, type AppConfig } from '../config/index.js';
import { DomainError, type ErrorKind } from '../errors/index.js';
import { ObjectStorage, UploadMissingError } from '../storage/index.js';
import { UploadCompletion } from './upload-completion.js';
import { UploadLeftovers } from './upload-leftovers.js';
import { allParts } from './upload-parts.js';
import { UploadSettlement } from './upload-settlement.js';
import { refOf } from './upload-urls.js';
import { NOT_OPENED, Upload, UploadStatus, UploadStrategy } from './upload.entity.js';

/** Few, so that they are done before the claim ends: a checksum may have to be computed of each. */
const BATCH = 20;
const AT_ONCE = 4;
/** How long one node keeps the others away from what it looks at; those it could not settle wait for as long. */
const CLAIM_MS = 300_000;
const MIN_CHECK_MS = 60_000;
const MAX_CHECK_MS = 3_600_000;
/** For how long whoever sent the last byte is left the time to say that it was the last. */
const GRACE_MS = 60_000;
/** What nobody was told of by then, nobody will be told of: requests do not take so long. */
const OPENING_MS = 600_000;
/** What passes, and says nothing about the upload. */
const PASSING: ReadonlySet<ErrorKind> = new Set(['unavailable', 'out-of-space', 'timeout']);

/** What one round of the reaper did. */
export interface ReapReport {
  /** Uploads that were finished at the store, and whose sender had not said so. */
  readonly completed: number;
  /** Those among them that were not what may be stored. */
  readonly rejected: number;
  readonly expired: number;
  /** Left-overs of forms and records of old uploads that were removed. */
  readonly cleared: number;
  /** Uploads about which the store could not be asked; they stay for a later round. */
  readonly deferred: number;
}

type Fate = 'completed' | 'rejected' | 'expired' | 'open' | 'deferred';

/** A round that may be the last for what it looks at. */
interface Round {
  readonly startedAt: Date;
  /** Everything, at once, instead of what is due. */
  readonly all: boolean;
}

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
    private readonly leftovers: UploadLeftovers,
    private readonly clock: Clock,
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

  /**
   * One round. `all`: looks at every open upload, whether or not it is due. Each has its turn, whatever becomes of the others;
   * what failed is thrown at the end.
   */
  async reap({ all = false }: { readonly all?: boolean } = {}): Promise<ReapReport> {
    const round = { startedAt: this.clock.now(), all };
    const fates: Record<Fate, number> = { completed: 0, rejected: 0, expired: 0, open: 0, deferred: 0 };
    const failures: unknown[] = [];
    if (all) await this.makeDue(round);
    for (let batch = await this.claim(round); batch.length > 0; batch = await this.claim(round)) {
      const turns = batch.values();
      const work = async (): Promise<void> => {
        for (const upload of turns) {
          try {
            fates[await this.settle(upload, round)] += 1;
          } catch (cause) {
            failures.push(new Error(`Upload ${upload.id} could not be settled`, { cause }));
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    }
    const { cleared, deferred } = await this.leftovers.clear();
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} uploads could not be settled`);
    const { completed, rejected, expired } = fates;
    return { completed, rejected, expired, cleared, deferred: fates.deferred + deferred };
  }

  private async makeDue({ startedAt }: Round): Promise<void> {
    await this.em.fork().nativeUpdate(
      Upload,
      { status: UploadStatus.Open, nextCheckAt: { $gt: startedAt } },
      {
        nextCheckAt: startedAt,
      },
    );
  }

  /** Those that are due. None comes twice in a round: whatever becomes of it, its next look is behind the round's beginning. */
  private async claim({ startedAt }: Round): Promise<readonly Upload[]> {
    const em = this.em.fork();
    const rows = await em.execute<{ id: string }[]>(
      `update upload set next_check_at = ?
       where id in (select id from upload where status = 'open' and strategy <> 'relay' and next_check_at <= ?
                    order by next_check_at limit ${BATCH} for update skip locked)
       returning id`,
      [new Date(this.clock.now().getTime() + CLAIM_MS), startedAt],
    );
    return em.find(Upload, { id: { $in: rows.map(({ id }) => id) } });
  }

  private async settle(upload: Upload, round: Round): Promise<Fate> {
    const over = this.whyOver(upload);
    try {
      if (await this.isFinished(upload, { isLast: over !== undefined, round })) {
        await this.completion.complete(upload, { actor: this.actor });
        return 'completed';
      }
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (PASSING.has(error.kind)) return 'deferred';
      const settled = await this.em.fork().findOne(Upload, { id: upload.id });
      if (settled?.status === UploadStatus.Rejected) return 'rejected';
      // Somebody else decided meanwhile; or what there is can not become a file, such as parts that are too small.
      if (settled?.isOpen() !== true) return 'open';
    }
    if (over !== undefined) return this.expire(upload, over);
    await this.lookAgain(upload);
    return 'open';
  }

  /** Why an upload is given up unless it is finished. A URL that may still write keeps it. */
  private whyOver({ expiresAt, createdAt, writableUntil, strategy, storeUploadId }: Upload): string | undefined {
    const now = this.clock.now();
    const wasToldOf = strategy === UploadStrategy.Multipart ? storeUploadId != null : writableUntil != null;
    if (!wasToldOf && now.getTime() - createdAt.getTime() > OPENING_MS) return NOT_OPENED;
    const isWritable = writableUntil != null && writableUntil > now;
    return expiresAt <= now && !isWritable ? 'UPLOAD_EXPIRED' : undefined;
  }

  private async expire(upload: Upload, reason: string): Promise<Fate> {
    const end = { status: UploadStatus.Expired, reason, actor: this.actor };
    return (await this.settlement.abandon(upload, end)) ? 'expired' : 'open';
  }

  /** Whether the store has all of it. Parts are asked for only where they would otherwise be thrown away. */
  private async isFinished(
    upload: Upload,
    { isLast, round }: { readonly isLast: boolean; readonly round: Round },
  ): Promise<boolean> {
    const { key, stagedKey, strategy, storeUploadId, declaredSizeBytes } = upload;
    const found =
      (await this.storage.head(key)) ?? (stagedKey != null ? await this.storage.head(stagedKey) : undefined);
    if (found !== undefined)
      return isLast || round.all || this.clock.now().getTime() - found.lastModified.getTime() > GRACE_MS;
    if (!isLast || strategy !== UploadStrategy.Multipart || storeUploadId == null) return false;
    try {
      const parts = await allParts(this.storage, refOf(upload));
      return parts.reduce((sum, part) => sum + part.sizeBytes, 0) === declaredSizeBytes;
    } catch (error) {
      if (error instanceof UploadMissingError) return false;
      throw error;
    }
  }

  /** The longer an upload lasts, the longer it may wait. */
  private async lookAgain({ id, createdAt, expiresAt, writableUntil }: Upload): Promise<void> {
    const now = this.clock.now().getTime();
    const wait = Math.min(MAX_CHECK_MS, Math.max(MIN_CHECK_MS, (now - createdAt.getTime()) / 2));
    const overAt = Math.max(expiresAt.getTime(), writableUntil?.getTime() ?? 0);
    const nextCheckAt = new Date(Math.max(now + 1000, Math.min(now + wait, overAt)));
    await this.em.fork().nativeUpdate(Upload, { id, status: UploadStatus.Open }, { nextCheckAt });
  }
}
