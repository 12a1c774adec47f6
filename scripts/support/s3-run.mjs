import { ensureBuilt } from './build.mjs';
import { runJest } from './jest.mjs';
import { startPostgres } from './postgres.mjs';
import { s3Server } from './s3-server.mjs';

/**
 * Runs suites on S3 and a PostgreSQL server: those that TEST_S3_ENDPOINT and TEST_DATABASE_URL name; else Ceph and Debian's
 * PostgreSQL are brought up. Returns Jest's exit code.
 * @param {readonly string[]} args
 */
export async function runOnS3(args) {
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
      // Most of these wait for the store, not for a processor.
      const code = await runJest(['--maxWorkers=3', ...args], env);
      process.stderr.write(`\nTested on:\n${told}`);
      return code;
    } finally {
      await database.stop();
    }
  } finally {
    await store.stop();
  }
}

/** @param {string | undefined} url */
async function testDatabase(url) {
  if (url !== undefined && url !== '') {
    const { host } = new URL(url);
    return { url, description: `PostgreSQL at ${host} (TEST_DATABASE_URL)`, stop: async () => undefined };
  }
  const server = await startPostgres();
  return { ...server, description: `${server.version} at ${new URL(server.url).host}, started for this run` };
}
