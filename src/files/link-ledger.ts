import { Injectable } from '@nestjs/common';
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

/** Who was given which link, in one transaction with the answer that an idempotent repetition gets. */
@Injectable()
export class LinkLedger {
  constructor(
    private readonly em: EntityManager,
    private readonly audit: AuditLog,
    private readonly idempotency: Idempotency,
  ) {}

  /** Enters a link and returns it; or returns the one that the same request was given before. */
  async enter(file: StoredFile, link: FileLink, actor: Actor, idempotent?: IdempotentRequest): Promise<FileLink> {
    return this.em.fork().transactional(async (em) => {
      const outcome = idempotent && (await this.idempotency.begin(em, idempotent, link.expiresAt));
      if (outcome?.state === 'answered') return readLink(outcome.answer);
      await this.audit.record(em, [
        {
          action: 'link.created',
          actor,
          subjectType: 'file',
          subjectId: file.id,
          details: { expiresAt: link.expiresAt.toISOString(), servedBy: link.servedBy },
        },
      ]);
      if (outcome !== undefined) await this.idempotency.finish(em, outcome.hold, link);
      return link;
    });
  }
}

function readLink(answer: unknown): FileLink {
  const { url, expiresAt, servedBy } = answer as { url: string; expiresAt: string; servedBy: ObjectServer };
  return { url, expiresAt: new Date(expiresAt), servedBy };
}
