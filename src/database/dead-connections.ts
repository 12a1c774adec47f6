import type { Pool, PoolClient } from 'pg';

/** Whoever holds a connection that ended learns of it with the next query, and gives it back himself. */
const GRACE_MS = 1000;

/**
 * Gives the slots of dead connections back to the pool. Kysely, below the ORM, releases a transaction's connection only behind a
 * rollback that worked, and on a connection that ended none does: each server process that dies inside a transaction would
 * take one slot for good, until nobody gets a connection any more.
 */
export function releaseDeadConnections(pool: Pool): void {
  const held = new Set<PoolClient>();
  pool.on('acquire', (client) => held.add(client));
  pool.on('release', (_error: unknown, client: PoolClient) => held.delete(client));
  pool.on('connect', (client) => {
    client.once('end', () => {
      setTimeout(() => {
        if (held.has(client)) client.release(true);
      }, GRACE_MS).unref();
    });
  });
}
