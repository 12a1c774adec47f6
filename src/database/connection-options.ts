import { Migrator } from '@mikro-orm/migrations';
import { PostgreSqlDriver, type Options } from '@mikro-orm/postgresql';
import { releaseDeadConnections } from './dead-connections.js';

/** Leaves room, in the embedded server's 60 connections, for the queue, LISTEN, migrations and tools. */
const POOL = { min: 0, max: 20, idleTimeoutMillis: 30_000 } as const;

/** What the service, the migrations and the ORM's command line have in common. */
export function connectionOptions(url: string) {
  return {
    driver: PostgreSqlDriver,
    clientUrl: url,
    pool: POOL,
    driverOptions: {
      application_name: 'catalyst-storage',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      onPoolCreated: releaseDeadConnections,
    },
    forceUtcTimezone: true,
    timezone: 'UTC',
    extensions: [Migrator],
    // Services take a fork or a transaction of their own; sharing one identity map would mix up requests.
    allowGlobalContext: false,
  } satisfies Options;
}
