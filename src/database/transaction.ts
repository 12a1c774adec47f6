import type { EntityManager } from '@mikro-orm/postgresql';
import { errorCode } from '../errors/index.js';

/** PostgreSQL's word that a transaction lost against another and may be tried again: deadlock, serialization failure. */
const PASSING: ReadonlySet<string | undefined> = new Set(['40P01', '40001']);
const MAX_TRIES = 4;

/**
 * Runs one use case in a transaction of its own, on a fork of `em`. Locks are taken in one order everywhere (a source before
 * what was made of it, places before files, a file before its processing); should two still meet, the loser is run again, so
 * `work` must have no effects outside the transaction.
 */
export async function inTransaction<T>(em: EntityManager, work: (em: EntityManager) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await em.fork().transactional(work);
    } catch (error) {
      if (tries === MAX_TRIES || !PASSING.has(errorCode(error))) throw error;
    }
  }
}
