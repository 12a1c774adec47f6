import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, wherever a script was called from. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * The project's own Node.js: the one that runs this script when npm started it. npm's --ignore-scripts leaves it without
 * its binary; then it is whatever runs us.
 */
export function projectNode() {
  const own = join(ROOT, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(own) ? own : process.execPath;
}

/**
 * A file of an installed package.
 * @param {string} path below node_modules
 */
export function packageFile(path) {
  return join(ROOT, 'node_modules', ...path.split('/'));
}

/** A failure that is told in its message alone, without a stack. */
export class PlainError extends Error {}

/**
 * Runs a script's work: its number is the exit code, and what it throws is told in a line.
 * @param {() => Promise<number | void>} work
 */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    const text = error instanceof PlainError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  }
}
