import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { install } from './debian.mjs';
import { PlainError } from './project.mjs';
import { run } from './run.mjs';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/**
 * The browser for the tests: the one that TEST_CHROMIUM names, one that is installed, or Debian's, which is installed then.
 * @param {string | undefined} named
 * @returns {Promise<{ path: string, description: string }>}
 */
export async function chromium(named) {
  if (named !== undefined && named !== '') return describe(named);
  const found = findProgram();
  if (found !== undefined) return describe(found);
  await install(['chromium']);
  const installed = findProgram();
  if (installed === undefined) throw new PlainError("Debian's chromium is installed, but PATH has no such program.");
  return describe(installed);
}

function findProgram() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return PROGRAMS.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** @param {string} path */
async function describe(path) {
  if (!existsSync(path)) throw new PlainError(`There is no browser at ${path} (TEST_CHROMIUM).`);
  const { code, output } = await run(path, ['--version', '--no-sandbox'], { capture: true });
  if (code !== 0) throw new PlainError(`${path} does not run:\n${output.trim()}`);
  return { path, description: `${output.trim().split('\n').at(-1)?.trim()} (${path})` };
}
