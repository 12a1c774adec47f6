import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { AuditLog, type AuditEntry } from '../audit/index.js';
import { inTransaction } from '../database/index.js';
import { Idempotency, type IdempotentRequest } from '../idempotency/index.js';

/** Links, or cookies, that were signed and not given out yet. */
export interface LedgerEntry {
  /** One for each thing that is given out. */
  readonly entries: readonly AuditEntry[];
  /** When the first of them ends. */
  readonly expiresAt: Date;
  readonly idempotent: IdempotentRequest | undefined;
}

export type LedgerOutcome =
  | { readonly entered: true }
  /** The same request was answered before, with what ends then. */
  | { readonly entered: false; readonly expiresAt: Date };

/**
 * Who was given which link, in one INSERT and in one transaction with what an idempotent repetition is answered. Of a link it
 * keeps the expiry, never the URL: that is a secret.
 */
@Injectable()
export class LinkLedger {
  constructor(
    private readonly em: EntityManager,
    private readonly audit: AuditLog,
    private readonly idempotency: Idempotency,
  ) {}

  /** Enters what is about to be given out; or says until when that lasts which the same request was given before. */
  async enter({ entries, expiresAt, idempotent }: LedgerEntry): Promise<LedgerOutcome> {
    return inTransaction(this.em, async (em) => {
      const outcome = idempotent && (await this.idempotency.begin(em, idempotent, expiresAt));
      if (outcome?.state === 'answered') {
        const answer = outcome.answer as { expiresAt: string };
        return { entered: false, expiresAt: new Date(answer.expiresAt) };
      }
      await this.audit.record(em, entries);
      if (outcome !== undefined)
        await this.idempotency.finish(em, outcome.hold, { expiresAt: expiresAt.toISOString() });
      return { entered: true };
    });
  }
}
