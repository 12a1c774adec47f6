import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../support/target.js';

/** Where the embedded database keeps its cluster. */
function clusterDir({ dataDir }: Target): string {
  const { cluster } = JSON.parse(readFileSync(resolve(dataDir, 'database.json'), 'utf8')) as { cluster: string };
  return resolve(dataDir, cluster);
}

/** Whether the embedded database counts as running: it removes its pid file when it has stopped in order. */
export function hasPostmasterFile(target: Target): boolean {
  return existsSync(resolve(clusterDir(target), 'postmaster.pid'));
}

/** The process of the embedded database; undefined between two of them. */
export function postmasterPid(target: Target): number | undefined {
  try {
    const pid = Number(readFileSync(resolve(clusterDir(target), 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    return Number.isSafeInteger(pid) && pid > 1 && isPostgres(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Ends the embedded database as a power cut does; false when there was none just then. */
export async function killPostmaster(target: Target): Promise<boolean> {
  const pid = postmasterPid(target);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGKILL');
  while (isPostgres(pid)) await sleep(5);
  return true;
}

/** A number in a stale file may be somebody else's process by now. */
function isPostgres(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.includes('(postgres)') && !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
