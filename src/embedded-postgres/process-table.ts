import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { errorCode } from '../errors/index.js';

/**
 * Whether a process is a PostgreSQL of this cluster. A pid alone says nothing: it may belong to somebody else by now,
 * even to another PostgreSQL.
 */
export function isPostgresOf(pid: number, clusterDir: string): boolean {
  if (process.platform === 'win32') return isAlive(pid);
  return existsSync('/proc/self/stat') ? matchesProc(pid, clusterDir) : listed(clusterDir).includes(pid);
}

/**
 * Every process of this cluster, the postmaster or what it left behind: backends outlive a killed postmaster until they
 * notice. Where processes cannot be listed (Windows) the answer is empty, and PostgreSQL's own checks decide.
 */
export function processesOf(clusterDir: string): number[] {
  if (!existsSync('/proc/self/stat')) return listed(clusterDir);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => matchesProc(pid, clusterDir));
}

/** What is left of an initdb that outlived its parent: itself by its arguments, its backend by where it works. */
export function initdbOf(dir: string): number[] {
  if (!existsSync('/proc/self/stat')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => cmdline(pid).includes(`--pgdata=${dir}/data`) || cwd(pid)?.startsWith(`${dir}/`) === true)
    .map(Number);
}

/**
 * The `cluster_name` our postmaster runs under. It stands in the title of every backend, so that they are recognised
 * where their working directory cannot be read: in a container root lacks CAP_SYS_PTRACE, and macOS has no /proc.
 */
export function clusterName(clusterDir: string): string {
  return `catalyst-${createHash('sha256').update(clusterDir).digest('hex').slice(0, 16)}`;
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function matchesProc(pid: number, clusterDir: string): boolean {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return false;
  // The name stands in brackets and may hold anything, brackets and blanks included; the state follows the last one.
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  const state = stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
  if (name !== 'postgres' || state === 'Z' || state === 'X') return false;
  return cwd(String(pid)) === realPath(clusterDir) || matchesCommand(cmdline(String(pid)).join(' '), clusterDir);
}

function listed(clusterDir: string): number[] {
  if (process.platform === 'win32') return [];
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,stat=,command='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .filter(([, , state, command]) => state?.startsWith('Z') === false && matchesCommand(command ?? '', clusterDir))
    .map(([, pid]) => Number(pid));
}

function matchesCommand(command: string, clusterDir: string): boolean {
  const name = clusterName(clusterDir);
  return command.startsWith(`postgres: ${name}: `) || command.includes(`-c cluster_name=${name}`);
}

function cmdline(pid: string): string[] {
  return (readText(`/proc/${pid}/cmdline`) ?? '').split('\0');
}

function cwd(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
