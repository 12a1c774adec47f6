import { HttpException, Injectable } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { DatabaseHealth } from '../database/index.js';
import { errorCode } from '../errors/index.js';
import { ProcessingQueue } from '../processing/index.js';
import { ObjectStorage, StoreAbilities } from '../storage/index.js';
import { NotReadyError } from './not-ready.error.js';
import { withinSeconds } from './within-seconds.js';

const PATIENCE_SECONDS = 5;

/** Whether everything the service needs answers, and what its store lacks. */
@Injectable()
export class Readiness {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseHealth,
    private readonly storage: ObjectStorage,
    private readonly abilities: StoreAbilities,
    private readonly queue: ProcessingQueue,
  ) {}

  /** Throws `NotReadyError`. */
  async check(): Promise<HealthCheckResult> {
    const result = this.health.check([
      () => this.ask('database', () => this.database.ping()),
      () => this.ask('store', () => this.storage.check()),
      () => this.ask('queue', () => this.queue.depth()),
      () => this.storeAbilities(),
    ]);
    return result.catch((cause: unknown) => {
      throw notReady(cause);
    });
  }

  private async ask(name: string, question: () => Promise<unknown>) {
    const indicator = this.indicators.check(name);
    try {
      await withinSeconds(PATIENCE_SECONDS, question());
      return indicator.up();
    } catch (error) {
      return indicator.down({ message: publicReason(error) });
    }
  }

  /** A store that lacks something is used all the same: the features that need it answer 501. */
  private storeAbilities() {
    const known = this.abilities.all;
    const indicator = this.indicators.check('storeAbilities');
    if (known === undefined) return indicator.up({ probed: false });
    const missing = Object.entries(known).flatMap(([ability, state]) => (state === 'no' ? [ability] : []));
    return indicator.up({ probed: true, missing });
  }
}

/** Terminus throws its result inside an HTTP exception. */
function notReady(cause: unknown): unknown {
  const result: unknown = cause instanceof HttpException ? cause.getResponse() : undefined;
  if (typeof result !== 'object' || result === null || !('details' in result)) return cause;
  return new NotReadyError(result.details as Record<string, unknown>, { cause });
}

/** A code or a plain word: what an error says in full may name hosts, and this route is open to all. */
function publicReason(error: unknown): string {
  return errorCode(error) ?? 'no answer';
}
