import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';

export const LockMode = { Shared: 'shared', Exclusive: 'exclusive' } as const;
export type LockMode = (typeof LockMode)[keyof typeof LockMode];

/** SQLITE_BUSY, https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;
const RETRY_MS = 50;

/**
 * A lock on a file that the operating system gives back when its holder dies, however it dies: there is no stale lock to
 * judge, and no pid that may mean somebody else by now. Node.js has no flock(2), but SQLite takes the same kind of lock
 * on every platform, so an open transaction on an empty database serves. It holds across containers that share a volume.
 *
 * Nothing else may open the file: closing any descriptor of it would drop the lock (fcntl(2), POSIX record locks).
 */
export class OsLock {
  private constructor(private readonly file: DatabaseSync) {}

  /** The lock, or undefined when another holds it. */
  static tryAcquire(path: string, mode: LockMode): OsLock | undefined {
    let file: DatabaseSync | undefined;
    try {
      file = new DatabaseSync(path);
      file.exec('PRAGMA busy_timeout = 0');
      // The read takes the shared lock, which the open transaction then keeps.
      file.exec(mode === LockMode.Exclusive ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema');
      return new OsLock(file);
    } catch (error) {
      file?.close();
      if (isBusy(error)) return undefined;
      throw new Error(`The lock ${path} cannot be taken: is its folder writable, and on a disk with locks?`, {
        cause: error,
      });
    }
  }

  /** Waits for the lock; undefined when it is still held after the time given. */
  static async acquire(path: string, options: { mode: LockMode; timeoutMs: number }): Promise<OsLock | undefined> {
    const deadline = performance.now() + options.timeoutMs;
    for (;;) {
      const lock = OsLock.tryAcquire(path, options.mode);
      if (lock !== undefined || performance.now() > deadline) return lock;
      await sleep(RETRY_MS);
    }
  }

  /** Whether nobody holds the lock at this moment. */
  static isFree(path: string): boolean {
    const lock = OsLock.tryAcquire(path, LockMode.Exclusive);
    lock?.release();
    return lock !== undefined;
  }

  release(): void {
    if (this.file.isOpen) this.file.close();
  }
}

function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
