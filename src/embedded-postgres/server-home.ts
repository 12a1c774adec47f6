import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { errorCode } from '../errors/index.js';
import type { ConnectionRecord } from './connection-file.js';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';
import { processesOf } from './process-table.js';
import { canReach, giveTree, ownerOf, serverUser, type ServerUser } from './server-user.js';

/** Where the cluster lies and whom it belongs to. */
export interface ServerHome {
  /** The folder around the cluster. */
  readonly dir: string;
  readonly clusterDir: string;
  readonly user: ServerUser | undefined;
}

/** Where root puts what the unprivileged server cannot reach, best first: all but the last survive a reboot. */
export const RELOCATION_ROOTS: readonly string[] = ['/var/lib', '/var/tmp', tmpdir()];

const CLUSTER = 'postgres';
const OWNER_FILE = 'data-dir';

/**
 * Finds the cluster of a data directory, or the place for a new one: `DATA_DIR/postgres`, unless the server runs as
 * another user who cannot get there (a 0700 folder on the way). Then it lies below /var/lib, the record says where, and
 * the mode of no folder on the way is touched. A cluster that has become unreachable is moved.
 */
export function findServerHome(
  record: Pick<ConnectionRecord, 'installation' | 'cluster'>,
  dataDir: string,
  roots: readonly string[] = RELOCATION_ROOTS,
): ServerHome {
  const recorded = resolve(dataDir, record.cluster);
  if (isAbsolute(record.cluster)) return relocatedHome(record, { dataDir, clusterDir: recorded });
  const clusterDir = existsSync(recorded) ? recorded : undefined;
  const user = serverUser({ installation: record.installation, dataDir, ...(clusterDir && { clusterDir }) });
  refuseForeignCluster(clusterDir);
  // One that runs is left where it is: it got in while it could, and is moved at the next start.
  const runs = clusterDir !== undefined && processesOf(clusterDir).length > 0;
  if (runs || canReach(dataDir, user)) {
    if (clusterDir !== undefined && user !== undefined && ownerOf(clusterDir)?.uid !== user.uid)
      giveTree(clusterDir, user);
    return { dir: dataDir, clusterDir: recorded, user };
  }
  const dir = makeRelocatedHome(record.installation, { dataDir, roots, user });
  const relocated = join(dir, CLUSTER);
  if (clusterDir !== undefined && user !== undefined) moveTree(clusterDir, relocated, user);
  return { dir, clusterDir: relocated, user };
}

/** A folder below one of the roots that belongs to root, that others pass through, and that only root changes. */
export function sharedFolder(roots: readonly string[], user: ServerUser | undefined): string {
  const problems: string[] = [];
  for (const root of roots) {
    const folder = join(root, 'catalyst-storage');
    try {
      if (!canReach(root, user)) throw new Error('the server cannot reach it');
      makeFolder(folder, 0o711);
      const stat = lstatSync(folder);
      // Anyone may have made it beforehand in /var/tmp.
      if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0)
        throw new Error('it is not a folder of our own');
      return folder;
    } catch (error) {
      problems.push(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new EmbeddedPostgresError(
    `The embedded database finds no place that its unprivileged user can reach (${problems.join('; ')}). ` +
      'Set DATABASE_URL, or a DATA_DIR outside any private folder.',
  );
}

function relocatedHome(
  record: Pick<ConnectionRecord, 'installation'>,
  { dataDir, clusterDir }: { dataDir: string; clusterDir: string },
): ServerHome {
  const dir = resolve(clusterDir, '..');
  const ownerFile = join(dir, OWNER_FILE);
  if (!existsSync(ownerFile)) {
    throw new EmbeddedPostgresError(
      `The cluster of DATA_DIR ${dataDir} should be in ${clusterDir} and is not. ` +
        `Restore it, or delete ${join(dataDir, 'database.json')} to start with an empty database.`,
    );
  }
  const owner = readFileSync(ownerFile, 'utf8').trim();
  if (owner !== dataDir) {
    // A copy of a data directory must not write to the original's cluster; one that was moved takes it along.
    const original = join(owner, 'database.json');
    if (existsSync(original) && readFileSync(original, 'utf8').includes(record.installation)) {
      throw new EmbeddedPostgresError(
        `DATA_DIR ${dataDir} is a copy of ${owner}, which the cluster ${clusterDir} belongs to. ` +
          `Delete ${join(dataDir, 'database.json')} to start the copy with an empty database.`,
      );
    }
    writeFileSync(ownerFile, `${dataDir}\n`, { mode: 0o600 });
  }
  const user = serverUser({ installation: record.installation, dataDir, clusterDir });
  refuseForeignCluster(existsSync(clusterDir) ? clusterDir : undefined);
  return { dir, clusterDir, user };
}

function makeRelocatedHome(
  installation: string,
  place: { dataDir: string; roots: readonly string[]; user: ServerUser | undefined },
): string {
  const dir = join(sharedFolder(place.roots, place.user), installation);
  makeFolder(dir, 0o711);
  writeFileSync(join(dir, OWNER_FILE), `${place.dataDir}\n`, { mode: 0o600 });
  return dir;
}

function refuseForeignCluster(clusterDir: string | undefined): void {
  const uid = process.getuid?.();
  const owner = clusterDir === undefined ? undefined : ownerOf(clusterDir);
  if (clusterDir === undefined || owner === undefined || uid === undefined || uid === 0 || owner.uid === uid) return;
  throw new EmbeddedPostgresError(
    `The cluster ${clusterDir} belongs to uid ${owner.uid}. Start as that user or as root, or give ${clusterDir} to uid ${uid}.`,
  );
}

function moveTree(from: string, to: string, user: ServerUser): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    const partial = `${to}.partial`;
    rmSync(partial, { recursive: true, force: true });
    cpSync(from, partial, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    renameSync(partial, to);
    rmSync(from, { recursive: true });
  }
  giveTree(to, user);
}

function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
