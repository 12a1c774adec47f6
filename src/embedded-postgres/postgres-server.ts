import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { errorCode } from '../errors/index.js';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';
import { freePort } from './free-port.js';
import { CLEAN_ENVIRONMENT, type PostgresBinaries } from './postgres-binaries.js';
import { SUPERUSER, type PostgresCluster, type Postmaster } from './postgres-cluster.js';
import { clusterName, isPostgresOf, processesOf, signal } from './process-table.js';
import type { ServerHome } from './server-home.js';

/** The role and the database of the service. */
export const SERVICE_NAME = 'catalyst';

/** Enough for a service's pools, its queue, a tool beside it and an administrator. */
const SETTINGS: Readonly<Record<string, string>> = {
  max_connections: '60',
  shared_buffers: '64MB',
  fsync: 'on',
  synchronous_commit: 'on',
  max_wal_size: '512MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Failed statements are the service's to report, and may hold what no log should.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  listen_addresses: '127.0.0.1',
  // A socket's path has at most 107 bytes, and a data directory may lie deep.
  unix_socket_directories: '',
};

const MAX_LOG_BYTES = 4 * 1024 * 1024;
const ATTEMPTS = 5;
const POLL_MS = 50;
/** How long a server may be silent; one that says it is starting up replays its log, and may take longer. */
const SILENT_MS = 30_000;
const STARTING_MS = 600_000;
/** Fast shutdown, then immediate shutdown, then no more asking: less than eight seconds in all. */
const STOP_STEPS = [
  ['SIGINT', 4500],
  ['SIGQUIT', 1500],
  ['SIGKILL', 500],
] as const;
/** Backends of a postmaster that was killed notice within a moment, unless they are busy. */
const ORPHAN_STEPS = [
  [undefined, 3000],
  ['SIGQUIT', 2000],
  ['SIGKILL', 2000],
] as const;

const Answer = { Accepted: 'accepted', Refused: 'refused', Gone: 'gone', Silent: 'silent' } as const;
type Answer = (typeof Answer)[keyof typeof Answer];

export interface PostgresServerOptions {
  readonly home: ServerHome;
  readonly binaries: PostgresBinaries;
  readonly cluster: PostgresCluster;
  readonly password: string;
  readonly logFile: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly logger: Pick<Logger, 'log' | 'warn'>;
}

/** Starts and ends the server process of a cluster. It knows nothing of who else uses the cluster. */
export class PostgresServer {
  private readonly stopping = new AbortController();
  private launched: number | undefined;

  constructor(private readonly options: PostgresServerOptions) {}

  /**
   * Gives a server that answers: the one that runs already, which a killed service left behind, or a new one. The port
   * is kept where it is free; `fixed` insists on it, for a service whose clients know the port.
   */
  async bringUp(wanted: { port?: number; fixed: boolean }): Promise<Postmaster> {
    let { port } = wanted;
    for (let attempt = 1; ; attempt += 1) {
      const found = this.options.cluster.postmaster();
      const logStart = fileSize(this.options.logFile);
      const postmaster = found ?? (await this.launch(wanted.fixed && port !== undefined ? port : await freePort(port)));
      const answer = await this.waitForAnswer(postmaster);
      if (answer === Answer.Accepted) {
        if (found !== undefined) this.options.logger.log(found, 'Embedded PostgreSQL was running already: adopted');
        return postmaster;
      }
      await this.terminate(postmaster.pid);
      const lines = this.logLines(logStart);
      if (answer === Answer.Refused) await this.options.cluster.setPassword(this.options.password);
      else if (/could not bind/i.test(lines) && !wanted.fixed) port = undefined;
      else if (found === undefined || attempt === ATTEMPTS) throw failure(answer, lines);
      if (attempt === ATTEMPTS) throw failure(answer, lines);
    }
  }

  /** Ends the server for good: a start that is under way stops too. Takes less than eight seconds. */
  async stop(): Promise<void> {
    this.stopping.abort();
    // One that was launched a moment ago may not have written its pid file yet.
    const pid = this.options.cluster.postmaster()?.pid ?? this.launched;
    if (pid !== undefined) await this.terminate(pid);
  }

  /** Ends the server, harder if need be, and returns when none of its processes is left. */
  private async terminate(pid: number): Promise<void> {
    const { clusterDir } = this.options.home;
    for (const [name, waitMs] of STOP_STEPS) {
      if (isPostgresOf(pid, clusterDir)) signal(pid, name);
      if (name === 'SIGKILL') this.signalAll(name);
      if (await this.isEmptied(waitMs, pid)) return;
    }
  }

  private async launch(port: number): Promise<Postmaster> {
    const { home, binaries, logFile, cluster } = this.options;
    for (const [name, waitMs] of ORPHAN_STEPS) {
      if (name !== undefined) this.signalAll(name);
      if (await this.isEmptied(waitMs)) break;
    }
    cluster.removeStaleLocks();
    if (fileSize(logFile) > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.old`);
    const settings = { ...SETTINGS, ...this.options.settings, cluster_name: clusterName(home.clusterDir) };
    const log = openSync(logFile, 'a', 0o600);
    try {
      this.stopping.signal.throwIfAborted();
      // A process group of its own: Ctrl+C in a terminal is for the service, which ends the server last.
      const child = spawn(
        binaries.postgres,
        [
          '-D',
          home.clusterDir,
          '-p',
          String(port),
          ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        ],
        { ...home.user, ...CLEAN_ENVIRONMENT, cwd: '/', detached: true, stdio: ['ignore', log, log] },
      );
      this.launched = child.pid;
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve).once('error', reject);
      });
      child.unref();
      if (child.pid === undefined) throw new EmbeddedPostgresError('The embedded PostgreSQL has no process id.');
      return { pid: child.pid, port };
    } finally {
      closeSync(log);
    }
  }

  private async waitForAnswer({ pid, port }: Postmaster): Promise<Answer> {
    const start = performance.now();
    let limit = SILENT_MS;
    while (performance.now() - start < limit) {
      this.stopping.signal.throwIfAborted();
      if (!isPostgresOf(pid, this.options.home.clusterDir)) return Answer.Gone;
      try {
        await this.prepareDatabase(port);
        return Answer.Accepted;
      } catch (error) {
        // 28P01: wrong password. 57P03: starting up or shutting down. Else there is no answer yet.
        const code = errorCode(error);
        if (code === '28P01') return Answer.Refused;
        if (code === '57P03') limit = STARTING_MS;
        else if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57|53)/.test(code)) throw error;
      }
      await sleep(POLL_MS);
    }
    return Answer.Silent;
  }

  /** The role is an ordinary one, so that what works here works on a server where it is one too. */
  private async prepareDatabase(port: number): Promise<void> {
    const { password } = this.options;
    const client = new Client({
      host: '127.0.0.1',
      port,
      user: SUPERUSER,
      password,
      database: 'postgres',
      ssl: false,
      connectionTimeoutMillis: 2000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const roles = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [SERVICE_NAME]);
      const verb = roles.rowCount === 0 ? 'CREATE' : 'ALTER';
      await client.query(
        `${verb} ROLE ${SERVICE_NAME} LOGIN CREATEDB NOSUPERUSER PASSWORD ${client.escapeLiteral(password)}`,
      );
      const databases = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [SERVICE_NAME]);
      if (databases.rowCount === 0) await client.query(`CREATE DATABASE ${SERVICE_NAME} OWNER ${SERVICE_NAME}`);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async isEmptied(waitMs: number, pid?: number): Promise<boolean> {
    const { clusterDir } = this.options.home;
    const deadline = performance.now() + waitMs;
    for (;;) {
      const gone = pid === undefined || !isPostgresOf(pid, clusterDir);
      if (gone && processesOf(clusterDir).length === 0) return true;
      if (performance.now() > deadline) return false;
      await sleep(POLL_MS);
    }
  }

  private signalAll(name: NodeJS.Signals): void {
    for (const pid of processesOf(this.options.home.clusterDir)) signal(pid, name);
  }

  private logLines(from: number): string {
    try {
      return readFileSync(this.options.logFile)
        .subarray(from)
        .toString('utf8')
        .trim()
        .split('\n')
        .slice(-15)
        .join('\n');
    } catch {
      return '';
    }
  }
}

function failure(answer: Answer, lines: string): EmbeddedPostgresError {
  const what = answer === Answer.Gone ? 'ended while it started' : 'does not answer';
  return new EmbeddedPostgresError(`The embedded PostgreSQL ${what}. It says:\n${lines === '' ? '(nothing)' : lines}`);
}

function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
