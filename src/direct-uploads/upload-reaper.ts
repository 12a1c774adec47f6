import { Inject, Injectable, Logger } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { systemActor } from '../auth/index.js';
import { appConfig, Role, type AppConfig } from '../config/index.js';
import { DomainError } from '../errors/index.js';
import { PASSING } from '../intake/index.js';
import { UploadCompletion } from './upload-completion.js';
import { ReapRound, type Fate, type ReapReport } from './upload-fates.js';
import { UploadLeftovers } from './upload-leftovers.js';
import { UploadProgress } from './upload-progress.js';
import { UploadSchedule, type Over } from './upload-schedule.js';
import { UploadSettlement } from './upload-settlement.js';
import { UploadStatus, type Upload } from './upload.entity.js';

const AT_ONCE = 4;

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
    private readonly schedule: UploadSchedule,
    private readonly progress: UploadProgress,
    private readonly completion: UploadCompletion,
    private readonly settlement: UploadSettlement,
    private readonly leftovers: UploadLeftovers,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  @Cron(CronExpression.EVERY_30_SECONDS, { name: 'uploads.reap', waitForCompletion: true })
  async tick(): Promise<void> {
    if (this.app.role === Role.Api) return;
    try {
      const report = await this.reap();
      if (Object.values(report).some((count: number) => count > 0)) {
        this.logger.log({ event: 'UPLOADS_REAPED', reaper: 'uploads', ...report });
      }
    } catch (error) {
      this.logger.error(
        { event: 'REAP_FAILED', reaper: 'uploads', err: error },
        'the reaper failed; the next round tries again',
      );
    }
  }

  /**
   * One round. `all`: looks at every open upload, whether or not it is due. Each has its turn, whatever becomes of the others;
   * what failed is thrown at the end.
   */
  async reap({ all = false }: { readonly all?: boolean } = {}): Promise<ReapReport> {
    const round = { startedAt: this.schedule.now(), all };
    const turns = new ReapRound();
    if (all) await this.schedule.makeDue(round.startedAt);
    for (
      let batch = await this.schedule.claim(round.startedAt);
      batch.length > 0;
      batch = await this.schedule.claim(round.startedAt)
    ) {
      const waiting = batch.values();
      const work = async (): Promise<void> => {
        for (const upload of waiting) await turns.turn(upload.id, () => this.settle(upload, round));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    }
    turns.addCleared(await this.leftovers.clear());
    return turns.report();
  }

  private async settle(upload: Upload, round: Round): Promise<Fate> {
    const over = this.schedule.whyOver(upload);
    try {
      if (await this.progress.isFinished(upload, { isLast: over !== undefined, atOnce: round.all })) {
        await this.completion.complete(upload, { actor: this.actor });
        return 'completed';
      }
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const settled = await this.settlement.current(upload);
      if (settled?.status === UploadStatus.Rejected) return 'rejected';
      if (PASSING.has(error.kind)) return 'deferred';
      // Somebody else decided meanwhile; or what there is can not become a file, such as parts that are too small.
      if (settled?.isOpen() !== true) return 'open';
    }
    if (over !== undefined) return this.expire(upload, over);
    await this.schedule.lookAgain(upload);
    return 'open';
  }

  private async expire(upload: Upload, over: Over): Promise<Fate> {
    const end = { status: UploadStatus.Expired, ...over, actor: this.actor };
    return (await this.settlement.abandon(upload, end)) ? 'expired' : 'open';
  }
}
