import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import { Clock, Ids } from '../config/index.js';
import { IdempotencyKey } from './idempotency-key.entity.js';
import {
  IdempotencyInProgressError,
  IdempotencyKeyReusedError,
  IdempotencyLostError,
  InvalidIdempotencyKeyError,
} from './idempotency.errors.js';

/** How long an answer is kept. */
export const IDEMPOTENCY_HOURS = 24;
const HOUR_MS = 3_600_000;

/** A request that its sender marked with an Idempotency-Key. */
export interface IdempotentRequest {
  readonly principalId: string;
  readonly key: string;
  /** A hash of what makes the request this one: method, path, and what was sent. */
  readonly fingerprint: string;
}

/** The right to carry out a request, until the lease runs out. */
export interface IdempotencyHold extends IdempotentRequest {
  readonly holder: string;
}

export type IdempotencyOutcome =
  { readonly state: 'held'; readonly hold: IdempotencyHold } | { readonly state: 'answered'; readonly answer: unknown };

/** Reads the header; undefined when it was not sent. */
function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!/^[\x20-\x7e]{1,255}$/.test(header)) throw new InvalidIdempotencyKeyError();
  return header;
}

/** What makes two requests the same one. */
function fingerprintOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The idempotent request that a header asks for, or undefined without one. `parts` make two requests the same one. */
export function idempotentRequest(
  principalId: string,
  header: string | undefined,
  parts: readonly string[],
): IdempotentRequest | undefined {
  const key = readIdempotencyKey(header);
  return key === undefined ? undefined : { principalId, key, fingerprint: fingerprintOf(...parts) };
}

/** Sees to it that a request sent twice takes effect once. */
@Injectable()
export class Idempotency {
  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * Takes the key for this request, or returns the answer that an earlier one of the same fingerprint got. Throws
   * `IdempotencyInProgressError` while one runs, `IdempotencyKeyReusedError` for another fingerprint. The lease of a dead
   * holder is taken over.
   */
  async begin(em: EntityManager, request: IdempotentRequest, leaseUntil: Date): Promise<IdempotencyOutcome> {
    const now = this.clock.now();
    const holder = this.ids.next();
    const { principalId, key, fingerprint } = request;
    // The update that changes nothing locks the row of an earlier request, so that it cannot go away before it is read.
    await em.execute(
      `insert into idempotency_key (principal_id, key, fingerprint, holder, lease_until, created_at)
       values (?, ?, ?, ?, ?, ?) on conflict (principal_id, key) do update set key = excluded.key`,
      [principalId, key, fingerprint, holder, leaseUntil, now],
    );
    const row = await em.findOneOrFail(
      IdempotencyKey,
      { principalId, key },
      { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
    );
    const hold = { principalId, key, fingerprint, holder };
    if (row.holder === holder) return { state: 'held', hold };
    if (row.createdAt.getTime() > now.getTime() - IDEMPOTENCY_HOURS * HOUR_MS) {
      if (row.fingerprint !== fingerprint) throw new IdempotencyKeyReusedError();
      if (row.leaseUntil === null) return { state: 'answered', answer: row.answer };
      if (row.leaseUntil !== undefined && row.leaseUntil > now) throw new IdempotencyInProgressError();
    }
    await em.nativeUpdate(
      IdempotencyKey,
      { principalId, key },
      { fingerprint, holder, leaseUntil, answer: null, createdAt: now },
    );
    return { state: 'held', hold };
  }

  /** Keeps the key while the request runs. */
  async renew(em: EntityManager, hold: IdempotencyHold, leaseUntil: Date): Promise<void> {
    await em.nativeUpdate(IdempotencyKey, heldBy(hold), { leaseUntil });
  }

  /** Keeps the answer, in the transaction that makes it true. Throws `IdempotencyLostError` when another took over. */
  async finish(em: EntityManager, hold: IdempotencyHold, answer: unknown): Promise<void> {
    const kept = await em.nativeUpdate(IdempotencyKey, heldBy(hold), { answer, leaseUntil: null });
    if (kept === 0) throw new IdempotencyLostError();
  }

  /** Gives the key back after a failure, so that the same request may be sent again at once. */
  async release(em: EntityManager, hold: IdempotencyHold): Promise<void> {
    await em.nativeDelete(IdempotencyKey, { ...heldBy(hold), leaseUntil: { $ne: null } });
  }

  /** Removes answers past their time; how many. */
  async expire(em: EntityManager): Promise<number> {
    const before = new Date(this.clock.now().getTime() - IDEMPOTENCY_HOURS * HOUR_MS);
    return em.nativeDelete(IdempotencyKey, { createdAt: { $lt: before } });
  }
}

function heldBy({ principalId, key, holder }: IdempotencyHold) {
  return { principalId, key, holder };
}
