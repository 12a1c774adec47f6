import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MikroORM } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { connectionOptions } from '../../src/database/connection-options.js';
import { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import type { EmbeddedPostgresOptions } from '../../src/embedded-postgres/embedded-postgres.setup.js';
import { installedBinaries } from '../../src/embedded-postgres/postgres-binaries.js';
import { isPostgresOf, processesOf, signal } from '../../src/embedded-postgres/process-table.js';

const ROOT = join(import.meta.dirname, '..', '..');
const HOLDER = join(import.meta.dirname, 'hold-database.ts');
const RECOVERY_MS = 15_000;
const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;
const onLinux = process.platform === 'linux' ? it : it.skip;

type HolderOptions = Partial<Omit<EmbeddedPostgresOptions, 'logger'>>;

interface Holder {
  readonly process: ChildProcess;
  readonly url: string;
  readonly pid: number;
  readonly clusterDir: string;
  readonly error?: [name: string, message: string];
}

describe('EmbeddedPostgres', () => {
  let base: string;
  let dataDir: string;
  const holders: Holder[] = [];

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'embedded-postgres-'));
    chmodSync(base, 0o755);
    dataDir = join(base, 'data');
  });

  afterEach(async () => {
    for (const holder of holders.splice(0)) {
      await kill(holder);
      if (holder.error === undefined) for (const pid of processesOf(holder.clusterDir)) signal(pid, 'SIGKILL');
      if (holder.error === undefined) await until(() => processesOf(holder.clusterDir).length === 0);
    }
    rmSync(base, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Another process that uses the database. */
  async function hold(options: HolderOptions = {}): Promise<Holder> {
    const child = launch(options);
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    const holder = { process: child, ...JSON.parse(line.toString()) } as Holder;
    holders.push(holder);
    return holder;
  }

  function launch(options: HolderOptions): ChildProcess {
    const given = { dataDir, attachAs: 'service', settings: { fsync: 'off' }, ...options };
    return spawn(process.execPath, ['--import', 'tsx', HOLDER, JSON.stringify(given)], {
      // The loader reads the tsconfig.json of its working directory.
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  }

  async function startHere(options: HolderOptions = {}): Promise<EmbeddedPostgres> {
    const database = await EmbeddedPostgres.start({
      dataDir,
      attachAs: 'service',
      settings: { fsync: 'off' },
      logger: { log: () => undefined, warn: () => undefined, error: () => undefined },
      ...options,
    });
    return database;
  }

  it('keeps its data over a restart, on 127.0.0.1 alone, below the ports of outgoing connections', async () => {
    const first = await startHere();
    await query(first.url, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
    expect(first.port).toBeLessThan(32_768);
    expect(await query(first.url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(first.url, 'SHOW timezone')).toEqual([{ TimeZone: 'UTC' }]);
    expect(statSync(join(dataDir, 'database.json')).mode & 0o777).toBe(0o600);
    const { port } = first;
    await first.stop();
    expect(processesOf(first.clusterDir)).toEqual([]);
    const second = await startHere();
    expect(second.port).toBe(port);
    expect(await query(second.url, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
    await second.stop();
  });

  it('refuses a wrong password', async () => {
    const database = await startHere();
    const url = new URL(database.url);
    url.password = 'wrong';
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow(/password/);
    await database.stop();
  });

  it('adopts the server that a killed service left running', async () => {
    const killed = await hold();
    await query(killed.url, 'CREATE TABLE kept (id int)');
    await kill(killed);
    expect(isPostgresOf(killed.pid, killed.clusterDir)).toBe(true);
    const next = await startHere();
    expect(next.pid).toBe(killed.pid);
    expect(await query(next.url, 'SELECT count(*)::int AS count FROM kept')).toEqual([{ count: 0 }]);
    await next.stop();
    expect(processesOf(killed.clusterDir)).toEqual([]);
  });

  it('restarts a killed postmaster on the same port, and the pool connects again by itself', async () => {
    const database = await startHere();
    const orm = await MikroORM.init({
      ...connectionOptions(database.url),
      entities: [],
      discovery: { warnWhenNoEntities: false },
      logger: () => undefined,
    });
    const ask = (): Promise<unknown> => orm.em.getConnection().execute('select 1');
    await ask();
    const { pid, port } = database;
    const busy = query(database.url, 'SELECT pg_sleep(60)').catch((error: unknown) => error);
    await sleep(100);
    signal(pid, 'SIGKILL');
    await until(() => database.pid !== pid, RECOVERY_MS);
    expect(database.port).toBe(port);
    await ask();
    expect(await busy).toBeInstanceOf(Error);
    await orm.close();
    await database.stop();
  });

  it('recovers when service and postmaster are killed together in the middle of work', async () => {
    const killed = await hold();
    await query(killed.url, 'CREATE TABLE kept AS SELECT generate_series(1, 100) AS id');
    const busy = query(killed.url, 'SELECT pg_sleep(60)').catch((error: unknown) => error);
    await sleep(100);
    signal(killed.pid, 'SIGKILL');
    await kill(killed);
    expect(existsSync(join(killed.clusterDir, 'postmaster.pid'))).toBe(true);
    const start = performance.now();
    const next = await startHere();
    expect(performance.now() - start).toBeLessThan(RECOVERY_MS);
    expect(next.pid).not.toBe(killed.pid);
    expect(await query(next.url, 'SELECT count(*)::int AS count FROM kept')).toEqual([{ count: 100 }]);
    await busy;
    await next.stop();
  });

  it('is not misled by a pid that belongs to another process by now, another PostgreSQL included', async () => {
    const other = await startHere({ dataDir: join(base, 'other') });
    for (const pid of [process.pid, other.pid]) {
      const first = await startHere();
      const pidFile = join(first.clusterDir, 'postmaster.pid');
      const lines = readFileSync(pidFile, 'utf8').split('\n');
      await first.stop();
      writeFileSync(pidFile, [String(pid), ...lines.slice(1)].join('\n'));
      const second = await startHere();
      expect(second.pid).not.toBe(pid);
      await query(second.url, 'SELECT 1');
      await second.stop();
    }
    await query(other.url, 'SELECT 1');
    await other.stop();
  });

  onLinux('starts after an initdb that was killed half-way, and removes what that left', async () => {
    const child = launch({});
    await until(() => existsSync(dataDir) && readdirSync(dataDir).some((name) => name.startsWith('postgres.init-')));
    await sleep(150);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    const database = await startHere();
    await query(database.url, 'SELECT 1');
    await database.stop();
    expect(readdirSync(dataDir).filter((name) => name.startsWith('postgres.'))).toEqual(['postgres.log']);
  });

  it('sets half a cluster aside', async () => {
    mkdirSync(join(dataDir, 'postgres', 'base'), { recursive: true });
    const database = await startHere();
    await query(database.url, 'SELECT 1');
    await database.stop();
    expect(readdirSync(dataDir).some((name) => name.startsWith('postgres.broken-'))).toBe(true);
  });

  it('gets in again when the file with the password is lost, running or not', async () => {
    const killed = await hold();
    await query(killed.url, 'CREATE TABLE kept (id int)');
    await kill(killed);
    rmSync(join(dataDir, 'database.json'));
    const second = await startHere();
    expect(second.url).not.toBe(killed.url);
    await query(second.url, 'SELECT * FROM kept');
    await second.stop();
    rmSync(join(dataDir, 'database.json'));
    const third = await startHere();
    await query(third.url, 'SELECT * FROM kept');
    await third.stop();
  });

  it('serves one service; a second says which data directory and process are in the way', async () => {
    const first = await hold();
    const second = await hold();
    expect(second.error?.[0]).toBe('DataDirInUseError');
    expect(second.error?.[1]).toContain(dataDir);
    expect(second.error?.[1]).toContain(`process ${first.process.pid}`);
    await query(first.url, 'SELECT 1');
  });

  it('gives the data directory to exactly one of several services that start at once', async () => {
    const started = await Promise.all([hold(), hold(), hold()]);
    expect(started.filter(({ error }) => error === undefined)).toHaveLength(1);
    expect(started.filter(({ error }) => error?.[0] === 'DataDirInUseError')).toHaveLength(2);
  });

  it('lets tools come and go beside a service', async () => {
    const service = await hold();
    const tool = await startHere({ attachAs: 'tool' });
    expect(tool.pid).toBe(service.pid);
    await tool.stop();
    await query(service.url, 'SELECT 1');
  });

  it('runs for a tool alone, until the last of them ends', async () => {
    const first = await startHere({ attachAs: 'tool' });
    const second = await hold({ attachAs: 'tool' });
    expect(second.pid).toBe(first.pid);
    await first.stop();
    await query(second.url, 'SELECT 1');
    await release(second);
    expect(processesOf(second.clusterDir)).toEqual([]);
  });

  it('stays with a service that started while a tool had it', async () => {
    const tool = await hold({ attachAs: 'tool' });
    const service = await startHere();
    expect(service.pid).toBe(tool.pid);
    await release(tool);
    await query(service.url, 'SELECT 1');
    await service.stop();
  });

  it('stops within eight seconds whatever is going on, and again without a word', async () => {
    const database = await startHere();
    const busy = query(database.url, 'SELECT pg_sleep(60)').catch((error: unknown) => error);
    await sleep(100);
    const start = performance.now();
    await database.stop();
    await database.stop();
    expect(performance.now() - start).toBeLessThan(8000);
    expect(await busy).toBeInstanceOf(Error);
    expect(processesOf(database.clusterDir)).toEqual([]);
  });

  onLinux('ends a server that no longer listens to anybody', async () => {
    const database = await startHere();
    signal(database.pid, 'SIGSTOP');
    const start = performance.now();
    await database.stop();
    expect(performance.now() - start).toBeLessThan(8000);
    expect(processesOf(database.clusterDir)).toEqual([]);
  });

  it('says in the words of PostgreSQL why it does not start', async () => {
    await expect(startHere({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(/shared_buffers/);
  });

  it('works in a folder whose path is too long for a socket', async () => {
    const database = await startHere({ dataDir: join(base, 'x'.repeat(100), 'y'.repeat(100)) });
    await query(database.url, 'SELECT 1');
    await database.stop();
  });

  it('goes on where the data directory was moved to', async () => {
    const first = await startHere();
    await query(first.url, 'CREATE TABLE kept (id int)');
    await first.stop();
    const moved = join(base, 'moved');
    renameSync(dataDir, moved);
    const second = await startHere({ dataDir: moved });
    await query(second.url, 'SELECT * FROM kept');
    await second.stop();
  });

  describe(`as root, which PostgreSQL refuses to be${isRoot ? '' : ' (skipped: this run is not root)'}`, () => {
    asRoot('runs as a user of its own, inside a data directory that it can reach', async () => {
      const database = await startHere();
      expect(statSync(`/proc/${database.pid}`).uid).toBeGreaterThan(60_000);
      expect(database.clusterDir).toBe(join(dataDir, 'postgres'));
      await database.stop();
    });

    asRoot('keeps the cluster elsewhere when the data directory is private, and touches no mode', async () => {
      mkdirSync(dataDir, { mode: 0o700 });
      const roots = { relocationRoots: [base] };
      const first = await startHere(roots);
      await query(first.url, 'CREATE TABLE kept (id int)');
      expect(first.clusterDir.startsWith(join(base, 'catalyst-storage'))).toBe(true);
      expect(statSync(dataDir).mode & 0o777).toBe(0o700);
      await first.stop();
      const second = await startHere(roots);
      await query(second.url, 'SELECT * FROM kept');
      await second.stop();
    });

    asRoot('runs a checkout below a private home', async () => {
      const home = join(base, 'home');
      const checkout = join(home, 'checkout');
      mkdirSync(checkout, { recursive: true });
      chmodSync(home, 0o700);
      const installed = dirname(await installedBinaries());
      cpSync(installed, join(checkout, 'postgresql'), { recursive: true, verbatimSymlinks: true });
      const options = {
        dataDir: join(checkout, '.data'),
        binariesDir: join(checkout, 'postgresql', 'native'),
        relocationRoots: [base],
      };
      const killed = await hold(options);
      await query(killed.url, 'CREATE TABLE kept (id int)');
      signal(killed.pid, 'SIGKILL');
      await kill(killed);
      const next = await startHere(options);
      await query(next.url, 'SELECT * FROM kept');
      await next.stop();
      expect(statSync(home).mode & 0o777).toBe(0o700);
    });

    asRoot('takes the cluster out of a data directory that has become private', async () => {
      const first = await startHere();
      await query(first.url, 'CREATE TABLE kept (id int)');
      await first.stop();
      chmodSync(dataDir, 0o700);
      const second = await startHere({ relocationRoots: [base] });
      expect(second.clusterDir).not.toBe(first.clusterDir);
      await query(second.url, 'SELECT * FROM kept');
      await second.stop();
    });

    asRoot('starts empty in a data directory made anew, moves along with one, and keeps copies apart', async () => {
      const roots = { relocationRoots: [base] };
      mkdirSync(dataDir, { mode: 0o700 });
      const first = await startHere(roots);
      await query(first.url, 'CREATE TABLE kept (id int)');
      await first.stop();
      const copy = join(base, 'copy');
      cpSync(dataDir, copy, { recursive: true });
      chmodSync(copy, 0o700);
      await expect(startHere({ ...roots, dataDir: copy })).rejects.toThrow(/is a copy of/);
      const moved = join(base, 'moved');
      renameSync(dataDir, moved);
      mkdirSync(dataDir, { mode: 0o700 });
      const anew = await startHere(roots);
      await expect(query(anew.url, 'SELECT * FROM kept')).rejects.toThrow(/does not exist/);
      await anew.stop();
      const along = await startHere({ ...roots, dataDir: moved });
      await query(along.url, 'SELECT * FROM kept');
      await along.stop();
    });

    asRoot('is the user of a data directory that belongs to one', async () => {
      mkdirSync(dataDir, { mode: 0o700 });
      chownSync(dataDir, 65_534, 65_534);
      const database = await startHere();
      expect(statSync(`/proc/${database.pid}`).uid).toBe(65_534);
      expect(statSync(join(dataDir, 'database.json')).uid).toBe(65_534);
      await database.stop();
    });
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(sql);
    return result.rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Ends the process that uses the database, and nothing else. */
async function kill(holder: Holder): Promise<void> {
  if (holder.process.exitCode !== null || holder.process.signalCode !== null) return;
  holder.process.kill('SIGKILL');
  await once(holder.process, 'exit');
}

/** Lets the process end by itself. */
async function release(holder: Holder): Promise<void> {
  holder.process.stdin?.end();
  await once(holder.process, 'exit');
}

async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('It did not come to that in time.');
    await sleep(20);
  }
}
