/**
 * `npm run test:s3`: the suites that need a real S3 server, and again those end-to-end and client suites that another store may
 * answer otherwise, on S3 and a PostgreSQL server. TEST_S3_ENDPOINT and TEST_DATABASE_URL name them; else Ceph and Debian's
 * PostgreSQL are brought up. Any other suite runs there when it is named: `npm run test:s3 -- /test/crash/`.
 */
import { main } from './support/project.mjs';
import { runOnS3 } from './support/s3-run.mjs';

/** Whatever is asked of these, the store is asked what others ask it: once, on embedded defaults, is enough. */
const STORELESS = [
  ...['auth', 'charters', 'cors', 'documents', 'edits', 'form-faults', 'hostile', 'hostile-pictures', 'idempotency'],
  ...['listing', 'pictures', 'quotas', 'raw-uploads', 'session-whole', 'sessions', 'uppy'],
].join('|');
const SUITES = [
  '/test/s3/',
  '/test/[^/]+/s3-',
  `/test/e2e/(?!(${STORELESS})\\.)`,
  '/test/clients/(?!typescript|tus-crash)',
];

await main(async () => {
  const args = process.argv.slice(2);
  const patterns = args.some((arg) => !arg.startsWith('-')) ? [] : SUITES;
  return runOnS3([...patterns, ...args]);
});
