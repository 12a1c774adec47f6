/** `npm run test:clients`: the suites in which clients that others wrote talk to the service; `npm test` runs them too. */
import { ensureBuilt } from './support/build.mjs';
import { runJest } from './support/jest.mjs';
import { main } from './support/project.mjs';

await main(async () => {
  await ensureBuilt();
  const { TEST_S3_ENDPOINT: _endpoint, TEST_TARGET: _target, ...env } = process.env;
  return runJest(['/test/clients/', ...process.argv.slice(2)], env);
});
