/**
 * `npm run test:clients`: the suites in which clients that others wrote talk to the service, on the local store and on S3.
 * `npm test` runs the first half of them, `npm run test:s3` the second. Further arguments are Jest's.
 */
import { ensureBuilt } from './support/build.mjs';
import { runJest } from './support/jest.mjs';
import { main } from './support/project.mjs';
import { runOnS3 } from './support/s3-run.mjs';

const ON_S3_ALONE = '<rootDir>/test/clients/s3-';

await main(async () => {
  await ensureBuilt();
  const args = process.argv.slice(2);
  const patterns = args.some((arg) => !arg.startsWith('-')) ? [] : ['/test/clients/'];
  const { TEST_S3_ENDPOINT: _endpoint, TEST_TARGET: _target, ...env } = process.env;
  const local = await runJest([...patterns, ...args, '--testPathIgnorePatterns', '/node_modules/', ON_S3_ALONE], env);
  const s3 = await runOnS3([...patterns, ...args]);
  return local === 0 ? s3 : local;
});
