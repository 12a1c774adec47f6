/**
 * `npm run test:s3`: the suites that need a real S3 server, and the end-to-end and crash suites again, on S3 and a
 * PostgreSQL server. TEST_S3_ENDPOINT and TEST_DATABASE_URL name them; else Ceph and Debian's PostgreSQL are brought up.
 */
import { ensureBuilt } from './support/build.mjs';
import { runJest } from './support/jest.mjs';
import { startPostgres } from './support/postgres.mjs';
import { main } from './support/project.mjs';
import { s3Server } from './support/s3-server.mjs';

/** Whatever is asked of these, no store answers: once, on embedded defaults, is enough. */
const STORELESS = '(auth|edits|hostile|hostile-pictures|idempotency|listing)\\.';
const SUITES = [
  '/test/s3/',
  '/test/[^/]+/s3-',
  `/test/e2e/(?!${STORELESS})`,
  '/test/crash/(fail-points|upload-fail-points|random-kills|s3-)',
];

await main(async () => {
  const args = process.argv.slice(2);
  const store = await s3Server(process.env.TEST_S3_ENDPOINT);
  try {
    const database = await testDatabase(process.env.TEST_DATABASE_URL);
    try {
      const told = `Store     ${store.description}\nDatabase  ${database.description}\n`;
      process.stderr.write(told);
      await ensureBuilt();
      const env = {
        ...process.env,
        TEST_TARGET: 's3',
        TEST_S3_ENDPOINT: store.endpoint,
        TEST_DATABASE_URL: database.url,
      };
      const patterns = args.some((arg) => !arg.startsWith('-')) ? [] : SUITES;
      // Most of these wait for the store, not for a processor.
      const code = await runJest(['--maxWorkers=3', ...patterns, ...args], env);
      process.stderr.write(`\nTested on:\n${told}`);
      return code;
    } finally {
      await database.stop();
    }
  } finally {
    await store.stop();
  }
});

/** @param {string | undefined} url */
async function testDatabase(url) {
  if (url !== undefined && url !== '') {
    const { host } = new URL(url);
    return { url, description: `PostgreSQL at ${host} (TEST_DATABASE_URL)`, stop: async () => undefined };
  }
  const server = await startPostgres();
  return { ...server, description: `${server.version} at ${new URL(server.url).host}, started for this run` };
}
