import { Injectable } from '@nestjs/common';
import { inTransaction } from '../database/index.js';
import { EntityManager } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { Idempotency, type IdempotentRequest } from '../idempotency/index.js';
import type { ObjectServer } from '../storage/index.js';
import type { StoredFile } from './stored-file.entity.js';

export interface FileLink {
  readonly url: string;
  readonly expiresAt: Date;
  readonly servedBy: ObjectServer;
}

/**
 * Who was given which link, in one transaction with what an idempotent repetition is answered. Of a link it keeps the expiry,
 * never the URL: that is a secret.
 */
@Injectable()
export class LinkLedger {
  constructor(
    private readonly em: EntityManager,
    private readonly audit: AuditLog,
    private readonly idempotency: Idempotency,
  ) {}

  /** Enters a link; or says until when the one lasts that the same request was given before. */
  async enter(
    file: StoredFile,
    link: FileLink,
    actor: Actor,
    idempotent?: IdempotentRequest,
  ): Promise<{ readonly entered: true } | { readonly entered: false; readonly expiresAt: Date }> {
    return inTransaction(this.em, async (em) => {
      const outcome = idempotent && (await this.idempotency.begin(em, idempotent, link.expiresAt));
      if (outcome?.state === 'answered') {
        const { expiresAt } = outcome.answer as { expiresAt: string };
        return { entered: false, expiresAt: new Date(expiresAt) };
      }
      const expiresAt = link.expiresAt.toISOString();
      await this.audit.record(em, [
        {
          action: 'link.created',
          actor,
          subjectType: 'file',
          subjectId: file.id,
          details: { expiresAt, servedBy: link.servedBy },
        },
      ]);
      if (outcome !== undefined) await this.idempotency.finish(em, outcome.hold, { expiresAt });
      return { entered: true };
    });
  }
}
