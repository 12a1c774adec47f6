import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { errorMessage } from '../errors/index.js';
import {
  BucketMissingError,
  StoreSetup,
  StoreUnavailableError,
  type AbilityState,
  type StoreAbility,
} from '../object-storage/index.js';
import { StoreAbilityMissingError } from './store-abilities.errors.js';

/** How long the start waits for the store's answers; a store that is away does not keep the service from starting. */
const START_PATIENCE_MS = 5000;
const RETRY_MS = 30_000;

export type KnownAbilities = Readonly<Record<StoreAbility, AbilityState>>;

/** What the store can do, found by trying at every start. */
@Injectable()
export class StoreAbilities implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(StoreAbilities.name);
  private readonly stopped = new AbortController();
  private found: KnownAbilities | undefined;

  constructor(private readonly setup: StoreSetup) {}

  async onApplicationBootstrap(): Promise<void> {
    const patience = sleep(START_PATIENCE_MS, undefined, { signal: this.stopped.signal, ref: false });
    const first = this.probe().then((again) => {
      if (again) void this.probeAgain();
    });
    await Promise.race([first, patience.catch(() => undefined)]);
  }

  onApplicationShutdown(): void {
    this.stopped.abort();
  }

  /** Undefined while the store has not answered. */
  get all(): KnownAbilities | undefined {
    return this.found;
  }

  /** Throws `StoreAbilityMissingError` where the store is known not to be able to. */
  assert(ability: StoreAbility): void {
    if (this.found?.[ability] === 'no') throw new StoreAbilityMissingError(ability);
  }

  /** Whether to ask again: the store did not answer, or the bucket is not there yet. */
  private async probe(): Promise<boolean> {
    try {
      this.found = await this.setup.abilities();
      const missing = Object.entries(this.found).flatMap(([ability, state]) => (state === 'no' ? [ability] : []));
      this.logger.log({ event: 'STORE_PROBED', missing });
      return false;
    } catch (error) {
      const passing = error instanceof StoreUnavailableError || error instanceof BucketMissingError;
      this.logger.warn({ event: 'STORE_NOT_PROBED', reason: errorMessage(error), triedAgain: passing });
      return passing;
    }
  }

  private async probeAgain(): Promise<void> {
    do {
      await sleep(RETRY_MS, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
    } while (!this.stopped.signal.aborted && (await this.probe()));
  }
}
