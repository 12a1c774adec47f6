import { Inject, Injectable, Logger } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Cron, CronExpression } from '@nestjs/schedule';
import { systemActor } from '../auth/index.js';
import { appConfig, Clock, Role, type AppConfig } from '../config/index.js';
import { FilePurger } from '../files/index.js';
import { FileUpkeep } from './file-upkeep.js';
import { trashConfig, type TrashConfig } from './trash.config.js';

const BATCH = 500;
const CLAIM_MS = 120_000;
const DAY_MS = 86_400_000;

/** What one sweep did. */
export interface SweepReport {
  /** Pending files whose sender was not heard of any more. */
  readonly abandoned: number;
  /** Files whose days in the trash were over. */
  readonly expired: number;
  /** Objects and rows removed. */
  readonly purged: number;
  /** Files whose objects could not be removed; they stay for the next sweep. */
  readonly kept: number;
  readonly placesSettled: number;
  readonly answersExpired: number;
  /** Changes of usage that were added to the totals. */
  readonly usageFolded: number;
  /** Thaws about which the store was asked. */
  readonly thawsFollowed: number;
}

/**
 * Gives every file that waits for nobody its way out. Safe on many nodes at once: each batch is claimed with SKIP LOCKED,
 * and each step may be repeated.
 */
@Injectable()
export class FileSweeper {
  private readonly logger = new Logger(FileSweeper.name);
  private readonly actor = systemActor('sweeper');
  private running: Promise<SweepReport> | undefined;

  constructor(
    private readonly em: EntityManager,
    private readonly purger: FilePurger,
    private readonly upkeep: FileUpkeep,
    private readonly clock: Clock,
    @Inject(trashConfig.KEY) private readonly config: TrashConfig,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  @Cron(CronExpression.EVERY_30_SECONDS, { name: 'files.sweep', waitForCompletion: true })
  async tick(): Promise<void> {
    if (this.app.role === Role.Api) return;
    try {
      const report = await this.sweep();
      if (report.purged + report.abandoned + report.expired + report.kept > 0) {
        this.logger.log({ event: 'FILES_SWEPT', ...report });
      }
    } catch (error) {
      this.logger.error({ event: 'SWEEP_FAILED', err: error }, 'the sweep failed; the next one tries again');
    }
  }

  /** One whole sweep; a call while one runs here joins it. */
  async sweep(): Promise<SweepReport> {
    this.running ??= this.run().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** Every part has its turn, whatever becomes of the others; what failed is thrown at the end. */
  private async run(): Promise<SweepReport> {
    const failures: unknown[] = [];
    const attempt = async <T>(otherwise: T, part: () => Promise<T>): Promise<T> => {
      try {
        return await part();
      } catch (error) {
        failures.push(error);
        return otherwise;
      }
    };
    const report: SweepReport = {
      abandoned: await attempt(0, () => this.giveUpAbandoned()),
      expired: await attempt(0, () => this.expireTrash()),
      ...(await attempt({ purged: 0, kept: 0 }, () => this.purgeAll())),
      placesSettled: await attempt(0, () => this.upkeep.settlePlaces()),
      answersExpired: await attempt(0, () => this.upkeep.expireAnswers()),
      usageFolded: await attempt(0, () => this.upkeep.foldUsage()),
      thawsFollowed: await attempt(0, () => this.upkeep.followThaws()),
    };
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} parts of the sweep failed`);
    if (failures.length === 1) throw failures[0];
    return report;
  }

  /** Senders that hold no lease any more had no answer: their files go. */
  private giveUpAbandoned(): Promise<number> {
    return this.inBatches(
      `update stored_file set status = 'rejected', rejected_reason = 'ABANDONED', attempt = attempt + 1, lease_until = null
       where id in (select id from stored_file where status = 'pending' and lease_until < ?
                    order by lease_until limit ${BATCH} for update skip locked)
       returning id`,
      this.clock.now(),
    );
  }

  private expireTrash(): Promise<number> {
    return this.inBatches(
      `update stored_file set status = 'purging', attempt = attempt + 1, lease_until = null
       where id in (select id from stored_file where status = 'trashed' and trashed_at < ?
                    order by trashed_at limit ${BATCH} for update skip locked)
       returning id`,
      new Date(this.clock.now().getTime() - this.config.trashDays * DAY_MS),
    );
  }

  private async inBatches(statement: string, instant: Date): Promise<number> {
    let changed = 0;
    for (;;) {
      const rows = await this.em.fork().execute<unknown[]>(statement, [instant]);
      changed += rows.length;
      if (rows.length < BATCH) return changed;
    }
  }

  private async purgeAll(): Promise<{ purged: number; kept: number }> {
    let purged = 0;
    let kept = 0;
    for (;;) {
      const now = this.clock.now();
      // The claim keeps another node away; a file that could not be purged is not tried twice in one sweep.
      const rows = await this.em.fork().execute<{ id: string }[]>(
        `update stored_file set lease_until = ?
         where id in (select id from stored_file where status in ('rejected', 'purging')
                        and (lease_until is null or lease_until < ?) and (writable_until is null or writable_until <= ?)
                      order by id limit ${BATCH} for update skip locked)
         returning id`,
        [new Date(now.getTime() + CLAIM_MS), now, now],
      );
      if (rows.length === 0) return { purged, kept };
      const outcome = await this.purger.purge(
        rows.map((row) => row.id),
        this.actor,
      );
      purged += outcome.purged.length;
      kept += outcome.kept.length;
    }
  }
}
