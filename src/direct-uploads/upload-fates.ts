/** What became of an upload that a reaper looked at. */
export type Fate = 'completed' | 'rejected' | 'expired' | 'open' | 'cleared' | 'deferred';

/** What one round of a reaper did. */
export interface ReapReport {
  /** Uploads that were finished at the store, and whose sender had not said so, or not waited. */
  readonly completed: number;
  /** Those among them that were not what may be stored. */
  readonly rejected: number;
  readonly expired: number;
  /** What uploads that are over had left, and records of old ones, that were removed. */
  readonly cleared: number;
  /** Uploads about which the store could not be asked; they stay for a later round. */
  readonly deferred: number;
}

/** The fates of one round, and what failed in it: each upload has its turn, whatever becomes of the others. */
export class ReapRound {
  private readonly fates: Record<Fate, number> = {
    completed: 0,
    rejected: 0,
    expired: 0,
    open: 0,
    cleared: 0,
    deferred: 0,
  };
  private readonly failures: Error[] = [];

  async turn(uploadId: string, settle: () => Promise<Fate>): Promise<void> {
    try {
      this.fates[await settle()] += 1;
    } catch (cause) {
      this.failures.push(new Error(`Upload ${uploadId} could not be settled`, { cause }));
    }
  }

  /** What was removed behind uploads that are over, and what could not be. */
  addCleared({ cleared, deferred }: { readonly cleared: number; readonly deferred: number }): void {
    this.fates.cleared += cleared;
    this.fates.deferred += deferred;
  }

  /** Throws what failed, all at once. */
  report(): ReapReport {
    const { failures } = this;
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} uploads could not be settled`);
    const { completed, rejected, expired, cleared, deferred } = this.fates;
    return { completed, rejected, expired, cleared, deferred };
  }
}
