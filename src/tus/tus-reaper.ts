import { Inject, Injectable, Logger } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Cron, CronExpression } from '@nestjs/schedule';
import { systemActor } from '../auth/index.js';
import { appConfig, Clock, Role, type AppConfig } from '../config/index.js';
import { ReapRound, type Fate, type ReapReport } from '../direct-uploads/index.js';
import { TusEndings } from './tus-endings.js';
import { UploadLeases } from './upload-leases.js';

const BATCH = 100;
const NO_ID = '00000000-0000-0000-0000-000000000000';
/** What a holder that lost its lease began may go on for a while. */
const LATE_WRITE_SECONDS = 900;

interface Found {
  readonly id: string;
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
        this.logger.log({ event: 'UPLOADS_REAPED', reaper: 'tus', ...report });
      }
    } catch (error) {
      this.logger.error(
        { event: 'REAP_FAILED', reaper: 'tus', err: error },
        'the reaper failed; the next round tries again',
      );
    }
  }

  /** One round. Each upload has its turn, whatever becomes of the others; what failed is thrown at the end. */
  async reap(): Promise<ReapReport> {
    const round = new ReapRound();
    const lateBefore = new Date(this.clock.now().getTime() - LATE_WRITE_SECONDS * 1000);
    await each(
      (after) => this.due(after),
      (id) => round.turn(id, () => this.settle(id)),
    );
    await each(
      (after) => this.uncleared(after, lateBefore),
      (id) => round.turn(id, () => this.endings.clear(id)),
    );
    return round.report();
  }

  /** Expired, or complete, and in nobody's hands. */
  private due(after: string): Promise<readonly Found[]> {
    return this.em.fork().execute<Found[]>(
      `select upload.id from upload left join tus_upload on upload_id = upload.id
       where status = 'open' and strategy = 'relay' and upload.id > ?
         and (expires_at <= ? or offset_bytes = declared_size_bytes)
         and (lease_until is null or lease_until < now())
       order by upload.id limit ${BATCH}`,
      [after, this.clock.now()],
    );
  }

  /** Over for so long that nobody writes any more. */
  private uncleared(after: string, lateBefore: Date): Promise<readonly Found[]> {
    return this.em.fork().execute<Found[]>(
      `select id from upload
       where status <> 'open' and strategy = 'relay' and cleared_at is null and id > ? and settled_at < ?
       order by id limit ${BATCH}`,
      [after, lateBefore],
    );
  }

  private async settle(id: string): Promise<Fate> {
    const lease = await this.leases.tryAcquire(id, { onRequested: () => undefined });
    if (lease === undefined) return 'open';
    try {
      return await this.endings.end(lease, this.actor);
    } finally {
      await this.leases.release(lease);
    }
  }
}

/** All that are found, a batch at a time, in the order of their ids: none comes twice. */
async function each(
  find: (after: string) => Promise<readonly Found[]>,
  work: (id: string) => Promise<void>,
): Promise<void> {
  for (let after = NO_ID; ;) {
    const found = await find(after);
    for (const { id } of found) await work(id);
    after = found.at(-1)?.id ?? after;
    if (found.length < BATCH) return;
  }
}
