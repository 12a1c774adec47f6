import {
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Whom PostgreSQL runs as: undefined means as ourselves. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Between what systemd's table of uids gives to containers and what it gives to dynamic users: nobody's, and below the
 * 65536 ids that a container usually has (https://systemd.io/UIDS-GIDS/).
 */
const FIRST_FREE_UID = 60_706;
const FREE_UIDS = 478;

/**
 * PostgreSQL refuses to run as root. Any other uid does, it needs no account. Not `nobody`: whatever else runs as nobody
 * could read the cluster and signal the server; for the same reason each installation has a uid of its own. A cluster
 * that exists keeps its owner, and in the data directory of somebody with an account the server is theirs.
 */
export function serverUser(where: {
  installation: string;
  dataDir: string;
  clusterDir?: string;
}): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const clusterOwner = where.clusterDir === undefined ? undefined : ownerOf(where.clusterDir);
  if (clusterOwner !== undefined && clusterOwner.uid !== 0) return clusterOwner;
  const dirOwner = ownerOf(where.dataDir);
  if (dirOwner !== undefined && dirOwner.uid !== 0 && hasAccount(dirOwner.uid)) return dirOwner;
  const uid = FIRST_FREE_UID + (Number.parseInt(where.installation.slice(0, 8), 16) % FREE_UIDS);
  return { uid, gid: uid };
}

/**
 * Whom the offline tools run as: initdb and single-user mode, other than the server, look up the account they run
 * under. What they make is given to the server's user afterwards.
 */
export function accountFor(user: ServerUser): ServerUser {
  if (hasAccount(user.uid)) return user;
  const [name, , uid, gid] = accounts().find(([account]) => account === 'nobody') ?? [];
  return name === undefined ? user : { uid: Number(uid), gid: Number(gid) };
}

export function ownerOf(path: string): ServerUser | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && { uid: stat.uid, gid: stat.gid };
}

/** Whether the user may pass through every folder on the way, this one included. */
export function canReach(path: string, user: ServerUser | undefined): boolean {
  if (user === undefined) return true;
  for (let folder = realpathSync(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const passable = uid === user.uid ? mode & 0o100 : gid === user.gid ? mode & 0o010 : mode & 0o001;
    if (passable === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Makes a folder that is the user's alone. */
export function makePrivateDir(path: string, user: ServerUser | undefined): void {
  mkdirSync(path, { mode: 0o700 });
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

/** Gives a whole tree to the user. Links are changed themselves, never what they point at. */
export function giveTree(path: string, user: ServerUser): void {
  lchownSync(path, user.uid, user.gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) giveTree(join(path, name), user);
}

function hasAccount(uid: number): boolean {
  return accounts().some((fields) => fields[2] === String(uid));
}

/** passwd(5): name, password, uid, gid, ... */
function accounts(): string[][] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
}
