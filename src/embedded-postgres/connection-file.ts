import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../errors/index.js';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';

/** What `DATA_DIR/database.json` (0600) says: how to reach the embedded database, and where its cluster lies. */
export interface ConnectionRecord {
  /** Random, made with the data directory: a new directory at the same place is another installation. */
  readonly installation: string;
  readonly password: string;
  /** Relative to the data directory, so that moving it is fine; absolute when the cluster lies elsewhere. */
  readonly cluster: string;
  readonly port?: number;
  readonly url?: string;
  readonly postmasterPid?: number;
}

export function newConnectionRecord(): Omit<ConnectionRecord, 'cluster'> {
  return { installation: randomBytes(8).toString('hex'), password: randomBytes(24).toString('base64url') };
}

export function connectionFile(dataDir: string): string {
  return join(dataDir, 'database.json');
}

export function readConnectionRecord(dataDir: string): ConnectionRecord | undefined {
  const path = connectionFile(dataDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const value = parse(text);
  if (isConnectionRecord(value)) return value;
  throw new EmbeddedPostgresError(
    `${path} is damaged. Restore it from a copy. If the cluster lies in ${join(dataDir, 'postgres')}, deleting the file ` +
      'is enough: a new password is set at the next start.',
  );
}

/** Replaces the file in one step: after a crash there is the old one or the new one. */
export function writeConnectionRecord(dataDir: string, record: ConnectionRecord): void {
  const path = connectionFile(dataDir);
  const partial = `${path}.${process.pid}`;
  const file = openSync(partial, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  giveToOwnerOf(dataDir, partial);
  renameSync(partial, path);
}

/**
 * Makes the data directory. As root it may be passed through by others, though not listed: PostgreSQL refuses to run as
 * root, and its unprivileged user must get to the cluster inside.
 */
export function makeDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
}

/** A file that root makes in a user's data directory belongs to that user, who would be locked out of it otherwise. */
export function giveToOwnerOf(dataDir: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dataDir);
  chownSync(path, uid, gid);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isConnectionRecord(value: unknown): value is ConnectionRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<Record<keyof ConnectionRecord, unknown>>;
  return (
    [record.installation, record.password, record.cluster].every((field) => typeof field === 'string') &&
    /^[0-9a-f]{16}$/.test(String(record.installation)) &&
    [record.port, record.postmasterPid].every((field) => field === undefined || Number.isSafeInteger(field)) &&
    (record.url === undefined || typeof record.url === 'string')
  );
}
