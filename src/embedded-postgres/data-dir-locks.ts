import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveToOwnerOf } from './connection-file.js';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';
import { LockMode, OsLock } from './os-lock.js';

/** Longer than the moment for which another process tries a lock, only to see whether it is free. */
const TRIAL_MS = 1500;
const TRANSITION_MS = 90_000;

/**
 * Who uses a data directory. `service`: the one service. `attached`: everybody who uses the embedded database, the
 * service and tools, so that the last tool to leave knows that it is the last. `transition`: whoever starts or stops
 * the database at this moment.
 */
export class DataDirLocks {
  private readonly dir: string;

  constructor(private readonly dataDir: string) {
    this.dir = join(dataDir, 'locks');
    if (mkdirSync(this.dir, { recursive: true, mode: 0o700 }) !== undefined) giveToOwnerOf(dataDir, this.dir);
  }

  async service(): Promise<OsLock | undefined> {
    const lock = await this.acquire('service', { mode: LockMode.Exclusive, timeoutMs: TRIAL_MS });
    if (lock !== undefined) {
      writeFileSync(this.servicePidFile(), String(process.pid), { mode: 0o600 });
      giveToOwnerOf(this.dataDir, this.servicePidFile());
    }
    return lock;
  }

  /** Whoever holds the lock, for a message. It decides nothing. */
  servicePid(): number | undefined {
    try {
      return Number(readFileSync(this.servicePidFile(), 'utf8')) || undefined;
    } catch {
      return undefined;
    }
  }

  isServiceFree(): boolean {
    return OsLock.isFree(join(this.dir, 'service'));
  }

  attached(): Promise<OsLock | undefined> {
    return this.acquire('attached', { mode: LockMode.Shared, timeoutMs: TRIAL_MS });
  }

  isNobodyAttached(): boolean {
    return OsLock.isFree(join(this.dir, 'attached'));
  }

  /** Runs the work while nobody else starts or stops the database. */
  async inTransition<T>(work: () => Promise<T>): Promise<T> {
    const lock = await this.acquire('transition', { mode: LockMode.Exclusive, timeoutMs: TRANSITION_MS });
    if (lock === undefined) {
      throw new EmbeddedPostgresError(
        `Another process has been starting or stopping the database of ${this.dataDir} for ${TRANSITION_MS / 1000} s.`,
      );
    }
    try {
      return await work();
    } finally {
      lock.release();
    }
  }

  private servicePidFile(): string {
    return join(this.dir, 'service.pid');
  }

  private async acquire(name: string, how: { mode: LockMode; timeoutMs: number }): Promise<OsLock | undefined> {
    const path = join(this.dir, name);
    const lock = await OsLock.acquire(path, how);
    giveToOwnerOf(this.dataDir, path);
    return lock;
  }
}
