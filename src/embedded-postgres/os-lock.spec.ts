import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LockMode, OsLock } from './os-lock.js';

describe('OsLock', () => {
  let dir: string;
  let path: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'os-lock-'));
    path = join(dir, 'lock');
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  it('gives an exclusive lock to one at a time', () => {
    const lock = OsLock.tryAcquire(path, LockMode.Exclusive);
    expect(lock).toBeDefined();
    expect(OsLock.tryAcquire(path, LockMode.Exclusive)).toBeUndefined();
    expect(OsLock.tryAcquire(path, LockMode.Shared)).toBeUndefined();
    lock?.release();
    lock?.release();
    expect(OsLock.isFree(path)).toBe(true);
  });

  it('gives a shared lock to many, and says free only when the last has gone', () => {
    const locks = [OsLock.tryAcquire(path, LockMode.Shared), OsLock.tryAcquire(path, LockMode.Shared)];
    expect(locks.every((lock) => lock !== undefined)).toBe(true);
    locks[0]?.release();
    expect(OsLock.isFree(path)).toBe(false);
    locks[1]?.release();
    expect(OsLock.isFree(path)).toBe(true);
  });

  it('waits for a lock, though not for ever', async () => {
    const lock = OsLock.tryAcquire(path, LockMode.Exclusive);
    await expect(OsLock.acquire(path, { mode: LockMode.Exclusive, timeoutMs: 100 })).resolves.toBeUndefined();
    setTimeout(() => lock?.release(), 100);
    const second = await OsLock.acquire(path, { mode: LockMode.Exclusive, timeoutMs: 5000 });
    expect(second).toBeDefined();
    second?.release();
  });

  it('is free at once when its holder is killed', async () => {
    const script = `
      const { DatabaseSync } = require('node:sqlite');
      globalThis.lock = new DatabaseSync(${JSON.stringify(path)});
      globalThis.lock.exec('BEGIN EXCLUSIVE');
      console.log('held');
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(holder.stdout, 'data');
    expect(OsLock.isFree(path)).toBe(false);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(OsLock.isFree(path)).toBe(true);
  });
});
