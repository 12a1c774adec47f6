/**
 * A local store of 200,000 objects is listed, page by page, in bounded memory and time: all in one folder, and each in a
 * folder of its own. LISTING_OBJECTS changes the number. The figures are printed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    'src/local-store/local-listing.spec.ts',
  ],
  {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: 'inherit',
    env: { ...process.env, LISTING_OBJECTS: process.env.LISTING_OBJECTS ?? '200000' },
  },
);
process.exitCode = status ?? 1;
