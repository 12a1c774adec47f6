import { existsSync } from 'node:fs';
import { PlainError } from './project.mjs';
import { run } from './run.mjs';

export function isRoot() {
  return process.getuid?.() === 0;
}

/**
 * Installs Debian packages.
 * @param {readonly string[]} names
 */
export async function install(names) {
  if (!isRoot() || !existsSync('/etc/debian_version')) {
    throw new PlainError(`${names.join(', ')} is not installed, and only root on Debian can do that here.`);
  }
  process.stderr.write(`Installing ${names.join(', ')} ...\n`);
  await aptGet(['update', '-q']);
  await aptGet(['install', '-yq', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold', ...names]);
}

/** @param {readonly string[]} args */
async function aptGet(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { code, output } = await run('apt-get', args, { capture: true, env, cwd: '/' });
  if (code !== 0) throw new PlainError(`apt-get ${args[0]} failed:\n${tail(output)}`);
}

/**
 * The last lines of a program's output.
 * @param {string} text
 */
export function tail(text, lines = 15) {
  return text.trim().split('\n').slice(-lines).join('\n');
}
