import { realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDataDir, writeConnectionRecord } from './connection-file.js';
import { DataDirLocks } from './data-dir-locks.js';
import { DataDirInUseError, EmbeddedPostgresError } from './embedded-postgres.errors.js';
import {
  Attachment,
  prepareServer,
  startServer,
  urlOf,
  type EmbeddedPostgresOptions,
  type RunningServer,
} from './embedded-postgres.setup.js';
import type { OsLock } from './os-lock.js';
import { isPostgresOf, signal } from './process-table.js';

const WATCH_MS = 250;
/** A server that has run this long is restarted at once; one that keeps dying, after a growing pause. */
const STABLE_MS = 10_000;
const MAX_PAUSE_MS = 5000;
const SERVICE_RECOVERY_MS = 30_000;
const SETTLE_MS = 500;

/** The PostgreSQL that runs below the data directory, for as long as somebody uses it. */
export class EmbeddedPostgres {
  private readonly stopping = new AbortController();
  private readonly watch: NodeJS.Timeout | undefined;
  private recovery: Promise<void> | undefined;
  private startedAt = performance.now();
  private quickDeaths = 0;

  private constructor(
    private readonly options: EmbeddedPostgresOptions,
    private readonly locks: DataDirLocks,
    private readonly held: readonly OsLock[],
    private running: RunningServer,
  ) {
    process.on('exit', this.onExit);
    if (options.attachAs === Attachment.Service) {
      this.watch = setInterval(() => {
        this.check();
      }, WATCH_MS).unref();
    }
  }

  /**
   * Starts the database, or joins it where it runs. Rejects with DataDirInUseError when a second service asks for the
   * same data directory.
   */
  static async start(given: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    makeDataDir(given.dataDir);
    const options = { ...given, dataDir: realpathSync(given.dataDir) };
    const locks = new DataDirLocks(options.dataDir);
    const held: OsLock[] = [];
    try {
      if (options.attachAs === Attachment.Service) {
        const service = await locks.service();
        if (service === undefined) throw new DataDirInUseError(options.dataDir, locks.servicePid());
        held.push(service);
      }
      return new EmbeddedPostgres(options, locks, held, await attach(options, locks, held));
    } catch (error) {
      for (const lock of held) lock.release();
      throw error;
    }
  }

  /** With the password: not for logs. */
  get url(): string {
    return urlOf(this.running.record.password, this.port);
  }

  get port(): number {
    return this.running.postmaster.port;
  }

  /** The postmaster's process. Another one after a crash. */
  get pid(): number {
    return this.running.postmaster.pid;
  }

  get clusterDir(): string {
    return this.running.home.clusterDir;
  }

  /**
   * Ends the database if we are the service, or the last tool where there is none. Returns within eight seconds.
   * Connections must be closed before.
   */
  async stop(): Promise<void> {
    if (this.isStopping()) return;
    this.stopping.abort();
    clearInterval(this.watch);
    await Promise.race([this.recovery, sleep(SETTLE_MS)]);
    if (this.options.attachAs === Attachment.Service) await this.end();
    else {
      await this.locks.inTransition(async () => {
        this.release();
        if (this.isUnused()) await this.end();
      });
    }
    this.release();
    process.off('exit', this.onExit);
  }

  private async end(): Promise<void> {
    const { server, record } = this.running;
    await server.stop();
    const { installation, password, cluster, port } = record;
    writeConnectionRecord(this.options.dataDir, {
      installation,
      password,
      cluster,
      ...(port !== undefined && { port }),
    });
  }

  private release(): void {
    for (const lock of this.held) lock.release();
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private isUnused(): boolean {
    return this.locks.isServiceFree() && this.locks.isNobodyAttached();
  }

  /** A process that ends in haste still tells the server, which then closes by itself. */
  private readonly onExit = (): void => {
    this.release();
    if (this.options.attachAs === Attachment.Tool && !this.isUnused()) return;
    if (isPostgresOf(this.pid, this.clusterDir)) signal(this.pid, 'SIGINT');
  };

  private check(): void {
    if (this.recovery !== undefined || isPostgresOf(this.pid, this.clusterDir)) return;
    this.recovery = this.recover().finally(() => {
      this.recovery = undefined;
    });
  }

  private async restart(): Promise<void> {
    const { server, record } = this.running;
    const postmaster = await server.bringUp({ port: this.port, fixed: true });
    this.running = { ...this.running, postmaster, record: { ...record, postmasterPid: postmaster.pid } };
    writeConnectionRecord(this.options.dataDir, this.running.record);
  }

  private async recover(): Promise<void> {
    const { logger } = this.options;
    this.quickDeaths = performance.now() - this.startedAt < STABLE_MS ? this.quickDeaths + 1 : 0;
    logger.warn({ pid: this.pid }, 'Embedded PostgreSQL is gone: starting it again');
    while (!this.isStopping()) {
      const pauseMs = this.quickDeaths === 0 ? 0 : Math.min(MAX_PAUSE_MS, 125 * 2 ** this.quickDeaths);
      await sleep(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      try {
        await this.locks.inTransition(() => this.restart());
        this.startedAt = performance.now();
        logger.log(this.running.postmaster, 'Embedded PostgreSQL runs again');
        return;
      } catch (error) {
        if (this.isStopping()) return;
        this.quickDeaths += 1;
        logger.error({ err: error }, 'Embedded PostgreSQL could not be started again');
      }
    }
  }
}

/** A tool leaves it to a service whose database is away for the moment to start it again, and waits. */
async function attach(options: EmbeddedPostgresOptions, locks: DataDirLocks, held: OsLock[]): Promise<RunningServer> {
  const deadline = performance.now() + SERVICE_RECOVERY_MS;
  while (performance.now() < deadline) {
    const running = await locks.inTransition(async () => {
      const prepared = await prepareServer(options);
      const mayStart = options.attachAs === Attachment.Service || locks.isServiceFree();
      if (!mayStart && prepared.cluster.postmaster() === undefined) return undefined;
      const attached = await locks.attached();
      if (attached !== undefined) held.push(attached);
      return startServer(prepared, options);
    });
    if (running !== undefined) return running;
    await sleep(SETTLE_MS);
  }
  throw new EmbeddedPostgresError(
    `A service runs on DATA_DIR ${options.dataDir}, but its database cannot be seen from here.`,
  );
}
