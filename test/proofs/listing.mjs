/**
 * Lists stay flat. `rows`: 1,000,000 files in the database; every filter that the API's description promises, with what
 * PostgreSQL does for the first page and for one at the end, and both pages' times over HTTP. `objects`: a local store of 200,000
 * objects, all in one folder and each in a folder of its own, is listed page by page in bounded memory. Without an argument both.
 * LISTING_ROWS and LISTING_OBJECTS change the numbers. The figures are printed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const ROWS = Number(process.env.LISTING_ROWS ?? 1_000_000);
/** A page at the end may take twice as long as the first; below this a difference is no more than the network's. */
const NOISE_MS = 5;
/** The rows of a window. */
const EXAMINED = 5000;

const parts = process.argv.length > 2 ? process.argv.slice(2) : ['rows', 'objects'];
if (parts.includes('rows')) await proveRows();
if (parts.includes('objects')) proveObjects();

async function proveRows() {
  const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
  const { measureLists } = await tsImport('../support/measure-lists.ts', { parentURL: import.meta.url, tsconfig });
  let slowest = 0;
  let steepest = 0;
  print(['query', 'plan', 'rows read', 'pages read', 'files', 'ms', 'end / first']);
  const { fillSeconds, usage } = await measureLists(ROWS, ({ query, pages: [first, end] }) => {
    const both = (figure) => `${figure(first)} / ${figure(end)}`;
    const ratio = end.milliseconds / first.milliseconds;
    print([
      query === '' ? '(none)' : query,
      [...new Set([first, end].flatMap(scansOf))].join(', '),
      both((page) => plansIn(page).reduce((sum, plan) => sum + plan.examinedRows, 0)),
      both((page) => plansIn(page).reduce((sum, plan) => sum + plan.pages, 0)),
      both((page) => page.files),
      both((page) => page.milliseconds.toFixed(1)),
      ratio.toFixed(2),
    ]);
    slowest = Math.max(slowest, first.milliseconds, end.milliseconds);
    steepest = Math.max(steepest, ratio);
    if (ratio > 2 && end.milliseconds - first.milliseconds > NOISE_MS) process.exitCode = 1;
    if ([first, end].flatMap(scansOf).some((scan) => scan.includes('Seq Scan'))) process.exitCode = 1;
  });
  process.stdout.write(
    `${ROWS} rows, made in ${fillSeconds.toFixed(0)} s; slowest page ${slowest.toFixed(0)} ms, end / first at most ${steepest.toFixed(2)}; ` +
      `usage of an owner with ${usage.files} files ${usage.milliseconds.toFixed(1)} ms\n`,
  );
}

function print(cells) {
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

/** The search runs only where the window ended before the page was full. */
function plansIn({ window, search }) {
  return search === undefined || window.examinedRows < EXAMINED ? [window] : [window, search];
}

function scansOf(page) {
  return plansIn(page).flatMap((plan) => plan.scans.map((scan) => scan.replace('Index Only Scan', 'Index Scan')));
}

function proveObjects() {
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
  if (status !== 0) process.exitCode = status ?? 1;
}
