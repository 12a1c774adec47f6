import { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import type { EmbeddedPostgresOptions } from '../../src/embedded-postgres/embedded-postgres.setup.js';

/**
 * A process of its own that uses an embedded database, for a spec to kill: it takes its options as JSON, says what it
 * has got in one line of JSON, and stops when its input ends.
 */
const options = JSON.parse(process.argv[2] ?? '{}') as Omit<EmbeddedPostgresOptions, 'logger'>;
const say = (...values: unknown[]): void => {
  process.stderr.write(`${JSON.stringify(values)}\n`);
};
try {
  const database = await EmbeddedPostgres.start({ ...options, logger: { log: say, warn: say, error: say } });
  process.stdout.write(
    `${JSON.stringify({ url: database.url, pid: database.pid, clusterDir: database.clusterDir })}\n`,
  );
  process.stdin.resume().once('end', () => {
    void database.stop().then(() => process.exit(0));
  });
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error instanceof Error ? [error.name, error.message] : error })}\n`);
  process.exit(1);
}
