/**
 * Every named fail point, and fifty crashes at random times, under load: of the service, of its PostgreSQL, and of both (with TEST_TARGET=s3, where
 * PostgreSQL is not ours to kill, of the service). CRASH_KILLS and CRASH_SEED change it. The figures are printed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'catalyst-proof-'));
const file = join(dir, 'figures.json');
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    'test/crash/(random-kills|fail-points|paused-sender).spec.ts',
  ],
  {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CRASH_KILLS: process.env.CRASH_KILLS ?? '50', CRASH_FULL: '1', CRASH_FIGURES: file },
  },
);
try {
  if (existsSync(file)) print(JSON.parse(readFileSync(file, 'utf8')));
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exitCode = status ?? 1;

function print({ target, seed, kills, tried, acknowledged, deleted, lost, settledSeconds, answers }) {
  const lines = [
    `target: ${target}, seed: ${seed}`,
    ...Object.entries(kills).map(
      ([victim, { count, minMs, medianMs, maxMs }]) =>
        `kill -9 of ${victim}: ${count} times; ready again after ${minMs} / ${medianMs} / ${maxMs} ms (min / median / max)`,
    ),
    `uploads: ${tried} tried, ${acknowledged} acknowledged (${deleted} deleted later), ${lost} lost`,
    `answers: ${Object.entries(answers)
      .map(([what, count]) => `${what}: ${count}`)
      .join(', ')}`,
    `all in order ${settledSeconds} s after the last kill: checksums, processing, rows, objects, open uploads`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
