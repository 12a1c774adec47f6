/**
 * `npm run test:browser`: the suites that need a browser. TEST_CHROMIUM names one; else Chromium is looked for, and as root on
 * Debian installed.
 */
import { ensureBuilt } from './support/build.mjs';
import { chromium } from './support/chromium.mjs';
import { runJest } from './support/jest.mjs';
import { main } from './support/project.mjs';

await main(async () => {
  const browser = await chromium(process.env.TEST_CHROMIUM);
  process.stderr.write(`Browser   ${browser.description}\n`);
  await ensureBuilt();
  const { TEST_S3_ENDPOINT: _endpoint, TEST_TARGET: _target, ...env } = process.env;
  return runJest(['/test/browser/', ...process.argv.slice(2)], { ...env, TEST_CHROMIUM: browser.path });
});
