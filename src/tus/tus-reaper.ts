import { Inject, Injectable, Logger } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Cron, CronExpression } from '@nestjs/schedule';
import { systemActor } from '../auth/index.js';
import { appConfig, Clock, Role, type AppConfig } from '../config/index.js';
import { DomainError } from '../errors/index.js';
import { TusEndings, type Fate } from './tus-endings.js';
import { UploadLeases } from './upload-leases.js';

const BATCH = 100;
const NO_ID = '00000000-0000-0000-0000-000000000000';
/** What a holder that lost its lease began may go on for a while. */
const LATE_WRITE_SECONDS = 900;

/** What one round of the reaper did. */
export interface TusReapReport {
  /** Uploads that had all their bytes, and whose end nobody had waited for. */
  readonly completed: number;
  /** Those among them that were not what may be stored. */
  readonly rejected: number;
  readonly expired: number;
  /** Uploads that were over, and beside which nothing lies any more. */
  readonly cleared: number;
  /** Uploads about which the store could not be asked; they stay for the next round. */
  readonly deferred: number;
}

/** Gives every upload over tus its end. Safe on many nodes at once; one that somebody holds is never touched. */
@Injectable()
export class TusReaper {
  private readonly logger = new Logger(TusReaper.name);
  private readonly actor = systemActor('upload-reaper');

  constructor(
    private readonly em: EntityManager,
    private readonly leases: UploadLeases,
    private readonly endings: TusEndings,
    private readonly clock: Clock,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  @Cron(CronExpression.EVERY_30_SECONDS, { name: 'tus.reap', waitForCompletion: true })
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

  /** One round. */
  async reap(): Promise<TusReapReport> {
    const fates: Record<Fate, number> = { completed: 0, rejected: 0, expired: 0, open: 0, deferred: 0 };
    for (let after = NO_ID; ;) {
      const ids = await this.due(after);
      for (const id of ids) fates[await this.settle(id)] += 1;
      after = ids.at(-1) ?? after;
      if (ids.length < BATCH) break;
    }
    const { completed, rejected, expired, deferred } = fates;
    return { completed, rejected, expired, deferred, cleared: await this.clearLate() };
  }

  /** Expired, or complete, and in nobody's hands. */
  private async due(after: string): Promise<readonly string[]> {
    const rows = await this.em.fork().execute<{ id: string }[]>(
      `select upload.id from upload left join tus_upload on upload_id = upload.id
       where status = 'open' and protocol = 'tus' and upload.id > ?
         and (expires_at <= ? or offset_bytes = declared_size_bytes)
         and (lease_until is null or lease_until < now())
       order by upload.id limit ${BATCH}`,
      [after, this.clock.now()],
    );
    return rows.map(({ id }) => id);
  }

  private async settle(id: string): Promise<Fate> {
    const lease = await this.leases.tryAcquire(id, { onRequested: () => undefined });
    if (lease === undefined) return 'open';
    try {
      return await this.endings.end(lease, this.actor);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.kind === 'unavailable') return 'deferred';
      this.logger.warn({ event: 'UPLOAD_REJECTED', uploadId: id, reason: error.code });
      return 'rejected';
    } finally {
      await this.leases.release(lease);
    }
  }

  private async clearLate(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - LATE_WRITE_SECONDS * 1000);
    const rows = await this.em.fork().execute<{ id: string }[]>(
      `select upload.id from upload join tus_upload on upload_id = upload.id
       where status <> 'open' and tus_upload.cleared_at is null and settled_at < ? order by settled_at limit ${BATCH}`,
      [before],
    );
    for (const { id } of rows) await this.endings.clear(id);
    return rows.length;
  }
}
