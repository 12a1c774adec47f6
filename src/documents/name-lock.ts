import type { EntityManager } from '@mikro-orm/postgresql';

/**
 * Lets one transaction at a time change what a fixed name stands for, until it ends; also for a name that has no row yet. Taken
 * before any row is locked.
 */
export async function lockName(em: EntityManager, placeKey: string): Promise<void> {
  await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [placeKey]);
}
