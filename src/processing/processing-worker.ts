import { availableParallelism } from 'node:os';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { appConfig, Lifetime, Role, type AppConfig } from '../config/index.js';
import { Metrics } from '../metrics/index.js';
import { ProcessingDispatch } from './processing-dispatch.js';
import { ProcessingQueue } from './processing-queue.js';
import { ProcessingRunner } from './processing-runner.js';

/** Starts and stops the queue with the application; in a worker, takes jobs. */
@Injectable()
export class ProcessingWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ProcessingWorker.name);

  constructor(
    private readonly queue: ProcessingQueue,
    private readonly runner: ProcessingRunner,
    private readonly dispatch: ProcessingDispatch,
    private readonly metrics: Metrics,
    private readonly lifetime: Lifetime,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.queue.start();
    this.metrics.gauge({
      name: 'catalyst_queue_jobs',
      help: 'Jobs of the queue, by state.',
      labelNames: ['state'],
      read: async () => (await this.queue.depth()).map(({ state, count }) => ({ labels: { state }, value: count })),
    });
    if (this.app.role === Role.Api) return;
    await this.queue.work(availableParallelism(), (job, signal) =>
      this.runner.run(job, signal, this.lifetime.stopping),
    );
  }

  /** Jobs that the queue has lost come back: ordinarily there are none. */
  @Cron(CronExpression.EVERY_MINUTE, { name: 'processing.heal', waitForCompletion: true })
  async heal(): Promise<void> {
    if (this.app.role === Role.Api) return;
    try {
      const requeued = await this.dispatch.requeueForgotten();
      if (requeued > 0) this.logger.warn({ event: 'PROCESSING_REQUEUED', count: requeued });
    } catch (error) {
      this.logger.error({ event: 'PROCESSING_HEAL_FAILED', err: error }, 'the next round tries again');
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    // Whoever closes the application without a signal, too: running steps end at once and their files are handed back.
    this.lifetime.stop();
    await this.queue.stop();
  }
}
