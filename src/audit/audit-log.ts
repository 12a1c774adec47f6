import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../auth/index.js';
import { Clock, Ids } from '../config/index.js';
import { AuditEvent } from './audit-event.entity.js';

export interface AuditEntry {
  /** `subject.verb`: `file.stored`, `link.created`. */
  readonly action: string;
  readonly actor: Actor;
  readonly subjectType: string;
  readonly subjectId: string;
  /** Never a secret, never a signature. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Writes audit rows in the transaction of the change they tell of. */
@Injectable()
export class AuditLog {
  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Adds rows, in one INSERT; `em` is the transaction of the change. */
  async record(em: EntityManager, entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const at = this.clock.now();
    await em.insertMany(
      AuditEvent,
      entries.map(({ action, actor, subjectType, subjectId, details }) => ({
        id: this.ids.next(),
        at,
        action,
        principalId: actor.principal.id,
        principalKind: actor.principal.kind,
        subjectType,
        subjectId,
        requestId: actor.requestId ?? null,
        address: actor.address ?? null,
        details: details ?? {},
      })),
    );
  }
}
