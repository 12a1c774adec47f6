import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

/** Nothing here has to survive a power cut, and many specs run side by side. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  autovacuum: 'off',
};

/**
 * One PostgreSQL for all specs: the embedded one in a fresh folder, or the server that TEST_DATABASE_URL names, whose
 * role must be allowed to create databases. It holds a migrated template; see test-database.ts.
 */
export default async function globalSetup() {
  const { EmbeddedPostgres } = await source('../../src/embedded-postgres/embedded-postgres.ts');
  if (process.env.TEST_DATABASE_URL === undefined) {
    const dir = mkdtempSync(join(tmpdir(), 'catalyst-test-'));
    // Under root the server runs as another user, who has to get in.
    chmodSync(dir, 0o711);
    const database = await EmbeddedPostgres.start({
      dataDir: join(dir, 'data'),
      attachAs: 'service',
      settings: SETTINGS,
      logger: { log: () => undefined, warn: console.warn, error: console.error },
    });
    process.env.TEST_DATABASE_URL = database.url;
    globalThis.testServer = { database, dir };
  }
  const { makeTemplate } = await source('./test-database.ts');
  globalThis.testTemplate = await makeTemplate();
  process.env.TEST_DATABASE_TEMPLATE = globalThis.testTemplate.name;
}

/** The sources themselves: whether a build is there, or fresh, makes no difference. */
function source(path) {
  const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
  return tsImport(path, { parentURL: import.meta.url, tsconfig });
}
