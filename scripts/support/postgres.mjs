import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { install, isRoot, tail } from './debian.mjs';
import { freePort } from './free-port.mjs';
import { PlainError } from './project.mjs';
import { run } from './run.mjs';

const VERSIONS = '/usr/lib/postgresql';
const USER = 'postgres';
const START_MS = 30_000;
const STOP_MS = 10_000;
/** Nothing here has to survive a power cut, and many specs run side by side. */
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=300',
  'autovacuum=off',
];

/**
 * A PostgreSQL server of Debian's packages, with a cluster of its own in a temporary folder.
 * @returns {Promise<{ url: string, version: string, stop(): Promise<void> }>}
 */
export async function startPostgres() {
  const bin = await binaries();
  const user = isRoot() ? userIds(USER) : {};
  const dir = mkdtempSync(join(tmpdir(), 'catalyst-postgres-'));
  try {
    const password = randomBytes(16).toString('hex');
    writeFileSync(join(dir, 'password'), password, { mode: 0o600 });
    if (user.uid !== undefined) for (const path of [dir, join(dir, 'password')]) chownSync(path, user.uid, user.gid);
    const cluster = join(dir, 'cluster');
    await must(
      join(bin, 'initdb'),
      [
        ...['--pgdata', cluster, '--username', USER, '--pwfile', join(dir, 'password')],
        ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'],
      ],
      { ...user, cwd: dir },
    );
    const port = await freePort();
    const server = await serve({ bin, cluster, port, user });
    const { output } = await run(join(bin, 'postgres'), ['--version'], { capture: true });
    return {
      url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`,
      version: output.trim(),
      stop: async () => {
        await end(server);
        rmSync(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

async function binaries() {
  if (newest() === undefined) {
    keepFromMakingACluster();
    await install(['postgresql']);
  }
  const bin = newest();
  if (bin === undefined) throw new PlainError(`Debian's postgresql is installed, but ${VERSIONS} has no server.`);
  return bin;
}

/** The folder of programs of the newest server there is. */
function newest() {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  return versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(VERSIONS, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')));
}

/** Debian's package makes a cluster and starts it, which nobody here has asked for. */
function keepFromMakingACluster() {
  const folder = '/etc/postgresql-common';
  if (!isRoot() || existsSync(folder)) return;
  mkdirSync(folder);
  writeFileSync(join(folder, 'createcluster.conf'), 'create_main_cluster = false\n');
}

/**
 * @param {{ bin: string, cluster: string, port: number, user: { uid?: number, gid?: number } }} server
 */
async function serve({ bin, cluster, port, user }) {
  const settings = [...SETTINGS, 'listen_addresses=127.0.0.1', 'unix_socket_directories='];
  // A group of its own: a Ctrl-C is for the tests, which then still need their database to clear up.
  const child = spawn(
    join(bin, 'postgres'),
    ['-D', cluster, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...user, cwd: cluster, stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (log = (log + text).slice(-4000)));
  const deadline = Date.now() + START_MS;
  while (!(await listens(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await end(child);
      throw new PlainError(`PostgreSQL did not come up:\n${tail(log)}`);
    }
    await sleep(100);
  }
  return child;
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function listens(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** @param {string} name */
function userIds(name) {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  if (line === undefined) throw new PlainError(`There is no user ${name}, as whom PostgreSQL could run.`);
  const [, , uid, gid] = line.split(':').map(Number);
  return { uid, gid };
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('./run.mjs').RunOptions} options
 */
async function must(command, args, options) {
  const { code, output } = await run(command, args, { ...options, capture: true });
  if (code !== 0) throw new PlainError(`${command} failed:\n${tail(output)}`);
}
