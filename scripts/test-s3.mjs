/**
 * `npm run test:s3`: the suites that need a real S3 server, and the end-to-end, client and crash suites again, on S3 and a
 * PostgreSQL server. TEST_S3_ENDPOINT and TEST_DATABASE_URL name them; else Ceph and Debian's PostgreSQL are brought up.
 */
import { main } from './support/project.mjs';
import { runOnS3 } from './support/s3-run.mjs';

/** Whatever is asked of these, no store answers: once, on embedded defaults, is enough. */
const STORELESS = '(auth|cors|edits|hostile|hostile-pictures|idempotency|listing|quotas)\\.';
const SUITES = [
  '/test/s3/',
  '/test/[^/]+/s3-',
  `/test/e2e/(?!${STORELESS})`,
  '/test/clients/(?!typescript|tus-crash)',
  '/test/crash/(fail-points|random-kills|s3-)',
];

await main(async () => {
  const args = process.argv.slice(2);
  const patterns = args.some((arg) => !arg.startsWith('-')) ? [] : SUITES;
  return runOnS3([...patterns, ...args]);
});
