import { chromium, type Browser } from 'playwright-core';

/** The browser that `npm run test:browser` has found or installed. */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env['TEST_CHROMIUM'];
  if (executablePath === undefined) throw new Error('TEST_CHROMIUM names no browser: npm run test:browser sets it.');
  // Chromium's sandbox does not work for root.
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}
