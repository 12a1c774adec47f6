import { setTimeout as sleep } from 'node:timers/promises';
import type { Migration } from '@mikro-orm/migrations';
import { MikroORM, type Constructor } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { errorCode } from '../errors/index.js';
import { connectionOptions } from './connection-options.js';

/** Classes as `mikro-orm migration:create` writes them; the class name is the name that is recorded, and orders them. */
export type MigrationList = readonly Constructor<Migration>[];

/** Any number that nothing else on the database locks: the bytes of "migr". */
const LOCK_KEY = 0x6d_69_67_72;
/** A database that is started together with the service, by a compose file say, takes a moment. */
const CONNECT_PATIENCE_MS = 30_000;
const RETRY_MS = 500;

/**
 * Brings the schema up to date and says which migrations that took. Nodes that start together wait for one another.
 * The lock belongs to a transaction, so it works through a pooler, and ends with whoever holds it.
 */
export async function runMigrations(url: string, list: MigrationList): Promise<string[]> {
  const client = await connect(url);
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    const applied = await applyMigrations(url, list);
    await client.query('COMMIT');
    return applied;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function applyMigrations(url: string, list: MigrationList): Promise<string[]> {
  const orm = await MikroORM.init({
    ...connectionOptions(url),
    pool: { min: 0, max: 2 },
    entities: [],
    discovery: { warnWhenNoEntities: false },
    migrations: {
      migrationsList: list.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      // Both are for developers' machines: the first writes files, the second needs a superuser.
      snapshot: false,
      disableForeignKeys: false,
      silent: true,
    },
  });
  try {
    const applied = await orm.migrator.up();
    return applied.map(({ name }) => name);
  } finally {
    await orm.close(true);
  }
}

async function connect(url: string): Promise<Client> {
  const deadline = performance.now() + CONNECT_PATIENCE_MS;
  for (;;) {
    const client = new Client({
      connectionString: url,
      application_name: 'catalyst-storage migrations',
      connectionTimeoutMillis: 10_000,
    });
    // Queries report it themselves; without a listener it would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!isStarting(error) || performance.now() > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

function isStarting(error: unknown): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', '57P03'].includes(errorCode(error) ?? '');
}
