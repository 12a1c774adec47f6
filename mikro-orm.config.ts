import { resolve } from 'node:path';
import { defineConfig } from '@mikro-orm/postgresql';
import { connectionOptions } from './src/database/connection-options.js';
import { readConnectionRecord } from './src/embedded-postgres/connection-file.js';

const url =
  process.env['DATABASE_DIRECT_URL'] ??
  process.env['DATABASE_URL'] ??
  readConnectionRecord(resolve(process.env['DATA_DIR'] ?? '.data'))?.url;
if (url === undefined)
  throw new Error('Set DATABASE_URL, or start the service once: its embedded database serves too.');

/** For `npx mikro-orm migration:create` and its like; the service has no need of it. */
export default defineConfig({
  ...connectionOptions(url),
  entities: ['dist/**/*.entity.js'],
  entitiesTs: ['src/**/*.entity.ts'],
  migrations: {
    path: 'dist/database/migrations',
    pathTs: 'src/database/migrations',
    glob: 'Migration*.{js,ts}',
    // The schema is compared with the database itself, so that what migrations do by hand is seen.
    snapshot: false,
    safe: true,
    disableForeignKeys: false,
  },
  // The queue makes and migrates its own.
  schemaGenerator: { ignoreSchema: ['pgboss'] },
});
