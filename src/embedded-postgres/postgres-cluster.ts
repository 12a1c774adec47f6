import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';
import { CLEAN_ENVIRONMENT, type PostgresBinaries } from './postgres-binaries.js';
import { initdbOf, isPostgresOf, signal } from './process-table.js';
import type { ServerHome } from './server-home.js';
import { accountFor, giveTree, makePrivateDir, type ServerUser } from './server-user.js';

/** PostgreSQL's own administrator; the service uses an ordinary role, as it would elsewhere. */
export const SUPERUSER = 'postgres';

const UNFINISHED = 'postgres.init-';

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

export interface PostgresClusterOptions {
  readonly home: ServerHome;
  readonly binaries: PostgresBinaries;
  /** Off where nothing has to survive a power cut. */
  readonly sync: boolean;
  readonly logger: Pick<Logger, 'warn'>;
}

/** The files of one cluster: made whole or not at all, and what a killed server leaves in them. */
export class PostgresCluster {
  private readonly home: ServerHome;
  private readonly binaries: PostgresBinaries;
  private readonly logger: Pick<Logger, 'warn'>;

  constructor(private readonly options: PostgresClusterOptions) {
    ({ home: this.home, binaries: this.binaries, logger: this.logger } = options);
  }

  /**
   * Makes the cluster if there is none. initdb works in a folder of its own that is renamed when it has succeeded: one
   * that was killed leaves that folder behind, and the next start removes it.
   */
  async create(password: string): Promise<void> {
    await this.removeUnfinished();
    this.setAsideBroken();
    if (existsSync(this.home.clusterDir)) {
      this.checkVersion();
      return;
    }
    const unfinished = join(this.home.dir, `${UNFINISHED}${randomBytes(6).toString('hex')}`);
    const { user } = this.home;
    const account = user && accountFor(user);
    makePrivateDir(unfinished, account);
    const passwordFile = join(unfinished, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (account !== undefined) chownSync(passwordFile, account.uid, account.gid);
    try {
      // The builtin provider sorts and folds alike on every machine, whatever its C library.
      const data = join(unfinished, 'data');
      const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
      await run(
        this.binaries.initdb,
        [
          `--pgdata=${data}`,
          `--pwfile=${passwordFile}`,
          `--username=${SUPERUSER}`,
          '--auth=scram-sha-256',
          ...locale,
          '--no-instructions',
          ...(this.options.sync ? [] : ['--no-sync']),
        ],
        { user: account },
      );
      if (user !== undefined) giveTree(data, user);
      renameSync(data, this.home.clusterDir);
      syncDir(this.home.dir);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }

  /** Sets the administrator's password while no server runs, for a cluster whose recorded password was lost. */
  async setPassword(password: string): Promise<void> {
    this.logger.warn('The embedded database does not know the recorded password: it is set anew');
    const { clusterDir, user } = this.home;
    const account = user && accountFor(user);
    if (account !== undefined) giveTree(clusterDir, account);
    try {
      await run(this.binaries.postgres, ['--single', '-D', clusterDir, '-c', 'log_min_messages=fatal', 'postgres'], {
        user: account,
        input: `ALTER ROLE ${SUPERUSER} PASSWORD '${password}'\n`,
      });
    } finally {
      if (user !== undefined) giveTree(clusterDir, user);
    }
  }

  /** The server that runs on this cluster, whoever started it. */
  postmaster(): Postmaster | undefined {
    const lines = readText(join(this.home.clusterDir, 'postmaster.pid'))?.split('\n');
    const pid = Number(lines?.[0]);
    const port = Number(lines?.[3]);
    if (!Number.isSafeInteger(pid) || pid <= 1 || !isPostgresOf(pid, this.home.clusterDir)) return undefined;
    return { pid, port };
  }

  /** Removes what a killed server leaves behind. Only when no process of the cluster is left. */
  removeStaleLocks(): void {
    for (const name of readdirSync(this.home.clusterDir)) {
      if (name === 'postmaster.pid' || name.startsWith('.s.PGSQL.'))
        rmSync(join(this.home.clusterDir, name), { force: true });
    }
  }

  private async removeUnfinished(): Promise<void> {
    for (const name of readdirSync(this.home.dir).filter((entry) => entry.startsWith(UNFINISHED))) {
      const dir = join(this.home.dir, name);
      for (let tries = 0; tries < 50 && initdbOf(dir).length > 0; tries += 1) {
        for (const pid of initdbOf(dir)) signal(pid, 'SIGKILL');
        await sleep(20);
      }
      try {
        rmSync(dir, { recursive: true, force: true });
      } catch (error) {
        // It is in nobody's way, and the next start tries again.
        this.logger.warn({ err: error, dir }, 'An unfinished cluster could not be removed');
      }
    }
  }

  /** What is no cluster is never deleted, as somebody put it there, and never in the way. */
  private setAsideBroken(): void {
    const { clusterDir } = this.home;
    if (!existsSync(clusterDir)) return;
    if (existsSync(join(clusterDir, 'PG_VERSION')) && existsSync(join(clusterDir, 'global', 'pg_control'))) return;
    if (readdirSync(clusterDir).length === 0) {
      rmdirSync(clusterDir);
      return;
    }
    const aside = `${clusterDir}.broken-${Date.now()}`;
    renameSync(clusterDir, aside);
    this.logger.warn({ clusterDir, aside }, 'The folder of the embedded database holds no whole cluster: set aside');
  }

  private checkVersion(): void {
    const found = readText(join(this.home.clusterDir, 'PG_VERSION'))?.trim();
    const ours = readText(join(this.binaries.dir, 'share', 'postgresql', 'postgres.bki'));
    const expected = /^# PostgreSQL (\d+)/.exec(ours ?? '')?.[1];
    if (expected === undefined || found === expected) return;
    throw new EmbeddedPostgresError(
      `The cluster ${this.home.clusterDir} was made by PostgreSQL ${found ?? '?'}, and the installed one is ${expected}. ` +
        'Dump it with the old version, or start with another DATA_DIR.',
    );
  }
}

async function run(
  program: string,
  args: readonly string[],
  { user, input = '' }: { user: ServerUser | undefined; input?: string },
): Promise<void> {
  const child = spawn(program, args, { ...user, ...CLEAN_ENVIRONMENT, cwd: '/', stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = `${output}${text}`.slice(-4000);
    });
  }
  // One that ends before it has read its input says so by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signalName) => {
      resolve(exitCode ?? signalName);
    });
  });
  if (code !== 0) throw new EmbeddedPostgresError(`${program} failed (${code ?? '?'}):\n${output.trim()}`);
}

function syncDir(dir: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
