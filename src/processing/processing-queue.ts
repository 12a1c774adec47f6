import { channel } from 'node:diagnostics_channel';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { fromKysely, PgBoss, type Job, type KyselyTransactionLike } from 'pg-boss';
import { appConfig, Role, type AppConfig } from '../config/index.js';
import { DatabaseServer } from '../database/index.js';
import { errorMessage } from '../errors/index.js';
import { QueueUnavailableError } from './processing.errors.js';

/** What a job says: which file. Everything else is in the rows. */
export interface ProcessingJob {
  readonly id: string;
  readonly fileId: string;
}

export type JobHandler = (job: ProcessingJob, signal: AbortSignal) => Promise<void>;

const QUEUE = 'recordings';
/** A worker that is silent this long counts as dead (pg-boss takes no less). */
const HEARTBEAT_SECONDS = 10;
/** Deaths and errors are counted in our rows; the queue only has to go on handing the job out. */
const RETRY_LIMIT = 10_000;
const RETRY_DELAY_MAX_SECONDS = 60;
const EXPIRE_SECONDS = 12 * 3600;
/** As pg-boss names them; a state without jobs counts 0. */
const JOB_STATES = ['created', 'retry', 'active', 'completed', 'cancelled', 'failed'] as const;
const STOP_TIMEOUT_MS = 5000;

/** Inside the enqueuing transaction: the job is written and not committed. Message: `{ fileId }`. */
const enqueued = channel('catalyst:job.enqueued');

/** The queue, on the same PostgreSQL as the rows, so that a job is enqueued in the transaction that makes it due. */
@Injectable()
export class ProcessingQueue {
  private readonly logger = new Logger(ProcessingQueue.name);
  private boss: PgBoss | undefined;

  constructor(
    private readonly database: DatabaseServer,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  async start(): Promise<void> {
    const works = this.app.role !== Role.Api;
    const boss = new PgBoss({
      connectionString: this.database.directUrl,
      max: 6,
      application_name: `catalyst-${this.app.role}-queue`,
      useListenNotify: works,
      schedule: false,
      supervise: works,
      // Short, so that a dead worker's job is handed out again within seconds of its missed heartbeat.
      superviseIntervalSeconds: 2,
      monitorIntervalSeconds: 2,
      registerInstance: false,
    });
    boss.on('error', (error) => {
      this.logger.warn({ event: 'QUEUE_ERROR', reason: errorMessage(error) }, 'the queue met an error and goes on');
    });
    await boss.start();
    await boss.createQueue(QUEUE);
    await boss.updateQueue(QUEUE, {
      notify: true,
      retryLimit: RETRY_LIMIT,
      retryDelay: 1,
      retryBackoff: true,
      retryDelayMax: RETRY_DELAY_MAX_SECONDS,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: EXPIRE_SECONDS,
    });
    this.boss = boss;
  }

  /** Adds a job in the transaction `em`. */
  async enqueue(em: EntityManager, { id, fileId }: ProcessingJob): Promise<void> {
    const transaction: KyselyTransactionLike | undefined = em.getTransactionContext();
    if (transaction === undefined) throw new Error('A job is enqueued only inside a transaction');
    await this.running().send(QUEUE, { fileId }, { id, db: fromKysely(transaction) });
    enqueued.publish({ fileId });
  }

  /** Takes jobs, `concurrency` at a time. A handler that rejects has its job handed out again. */
  async work(concurrency: number, handler: JobHandler): Promise<void> {
    await this.running().work<{ fileId: string }>(
      QUEUE,
      {
        batchSize: 1,
        localConcurrency: concurrency,
        pollingIntervalSeconds: 1,
        notifyPollingIntervalSeconds: 1,
        heartbeatRefreshSeconds: 3,
      },
      async ([job]: Job<{ fileId: string }>[]) => {
        if (job !== undefined) await handler({ id: job.id, fileId: job.data.fileId }, job.signal);
      },
    );
  }

  /** Jobs by state, straight from the table. */
  async depth(): Promise<readonly { state: string; count: number }[]> {
    const { rows } = await this.running()
      .getDb()
      .executeSql(
        'select state::text as state, count(*)::int as count from pgboss.job where name = $1 group by state',
        [QUEUE],
      );
    const counts = new Map((rows as { state: string; count: number }[]).map(({ state, count }) => [state, count]));
    return JOB_STATES.map((state) => ({ state, count: counts.get(state) ?? 0 }));
  }

  async stop(): Promise<void> {
    const boss = this.boss;
    this.boss = undefined;
    await boss?.stop({ graceful: true, timeout: STOP_TIMEOUT_MS });
  }

  private running(): PgBoss {
    if (this.boss === undefined) throw new QueueUnavailableError();
    return this.boss;
  }
}
