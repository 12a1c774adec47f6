import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../errors/index.js';
import { isMissing } from './disk-errors.js';
import { makeFolders } from './durable-files.js';

/** Of a process on another host, or in another container, nothing can be asked: its files stay this long. */
const STRANGERS_KEEP_MS = 24 * 3600 * 1000;

/** One run of a process: what tells it from a later one with the same number. */
interface ProcessRun {
  /** The host, and on Linux the container: where process numbers mean the same. */
  readonly host: string;
  readonly boot: string;
  readonly pid: number;
  readonly start: string;
}

/** A folder for files that are being written: one sub-folder a process, so that those of dead processes can be told. */
export class LocalTempFiles {
  private constructor(private readonly folder: string) {}

  /** Removes what dead processes left, and makes room for this one. */
  static async open(root: string): Promise<LocalTempFiles> {
    const self = await thisRun();
    await makeFolders(root);
    for (const name of await readdir(root)) {
      const path = join(root, name);
      const run = parseRun(name);
      if (run && !(await mayBeAlive(run, self, path))) await rm(path, { recursive: true, force: true });
    }
    const files = new LocalTempFiles(join(root, nameOf(self)));
    await makeFolders(files.folder);
    return files;
  }

  /** A path that nobody has. */
  newPath(): string {
    return join(this.folder, randomBytes(12).toString('hex'));
  }
}

async function mayBeAlive(run: ProcessRun, self: ProcessRun, path: string): Promise<boolean> {
  if (run.host !== self.host) return Date.now() - (await changedAt(path)) < STRANGERS_KEEP_MS;
  if (run.boot !== self.boot) return false;
  if (run.pid === self.pid) return run.start === self.start;
  const start = await startOf(run.pid);
  return start === undefined ? isRunning(run.pid) : start === run.start;
}

async function changedAt(path: string): Promise<number> {
  return (await stat(path)).mtimeMs;
}

async function thisRun(): Promise<ProcessRun> {
  const [boot, pids, start] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
    startOf(process.pid),
  ]);
  return {
    host: shortHash(hostname() + pids),
    boot: shortHash(boot),
    pid: process.pid,
    start: start ?? String(Math.round(performance.timeOrigin)),
  };
}

/** When a process began, in the kernel's ticks; undefined where there is no /proc to ask, `gone` where there is. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold anything; the start is the 22nd (proc(5)).
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'ESRCH') return 'gone';
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function nameOf(run: ProcessRun): string {
  return `${run.host}-${run.boot}-${run.pid}-${run.start}`;
}

function parseRun(name: string): ProcessRun | undefined {
  const [, host, boot, pid, start] = /^([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-(\d+)$/.exec(name) ?? [];
  if (host === undefined || boot === undefined || pid === undefined || start === undefined) return undefined;
  return { host, boot, pid: Number(pid), start };
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
