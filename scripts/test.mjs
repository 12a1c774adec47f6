/** `npm test`: every suite that runs on embedded defaults. Further arguments are Jest's: `npm test -- files`. */
import { ensureBuilt } from './support/build.mjs';
import { runJest } from './support/jest.mjs';
import { main } from './support/project.mjs';

/** Suites that need an S3 server or a browser: scripts/test-s3.mjs and scripts/test-browser.mjs run them. */
const NEEDS_MORE = '<rootDir>/test/(s3/|browser/|[^/]+/s3-)';

await main(async () => {
  await ensureBuilt();
  const { TEST_S3_ENDPOINT: _endpoint, TEST_TARGET: _target, ...env } = process.env;
  // Jest takes all that follows this option for patterns, so it is the last.
  return runJest([...process.argv.slice(2), '--testPathIgnorePatterns', '/node_modules/', NEEDS_MORE], env);
});
