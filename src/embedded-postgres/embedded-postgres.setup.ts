import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@nestjs/common';
import {
  giveToOwnerOf,
  newConnectionRecord,
  readConnectionRecord,
  writeConnectionRecord,
  type ConnectionRecord,
} from './connection-file.js';
import { installedBinaries, usableBinaries } from './postgres-binaries.js';
import { PostgresCluster, type Postmaster } from './postgres-cluster.js';
import { PostgresServer, SERVICE_NAME } from './postgres-server.js';
import { findServerHome, RELOCATION_ROOTS, sharedFolder, type ServerHome } from './server-home.js';

/** A service owns its data directory, keeps the database alive and ends it; tools come and go beside it, or alone. */
export const Attachment = { Service: 'service', Tool: 'tool' } as const;
export type Attachment = (typeof Attachment)[keyof typeof Attachment];

export interface EmbeddedPostgresOptions {
  /** Absolute. */
  readonly dataDir: string;
  readonly attachAs: Attachment;
  readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>;
  /** Added to the server's settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The folder of `bin`, `lib` and `share`; those of the installed package if not given. */
  readonly binariesDir?: string;
  /** Where root may put what the unprivileged server cannot reach. */
  readonly relocationRoots?: readonly string[];
}

export interface PreparedServer {
  readonly record: ConnectionRecord;
  readonly home: ServerHome;
  readonly cluster: PostgresCluster;
  readonly server: PostgresServer;
}

export interface RunningServer extends PreparedServer {
  readonly postmaster: Postmaster;
}

/** Settles where everything lies, and writes that down before anything is made there. */
export async function prepareServer(options: EmbeddedPostgresOptions): Promise<PreparedServer> {
  const { dataDir, logger, relocationRoots = RELOCATION_ROOTS } = options;
  const found = readConnectionRecord(dataDir);
  const known = found ?? { ...newConnectionRecord(), cluster: 'postgres' };
  const home = findServerHome(known, dataDir, relocationRoots);
  const record = { ...known, cluster: home.dir === dataDir ? 'postgres' : home.clusterDir };
  if (home.dir !== dataDir)
    logger.log({ clusterDir: home.clusterDir }, 'The server cannot get into DATA_DIR, so the database lies elsewhere');
  if (found?.cluster !== record.cluster) writeConnectionRecord(dataDir, record);
  const binaries = usableBinaries(options.binariesDir ?? (await installedBinaries()), {
    user: home.user,
    copyTo: () => (home.user === undefined ? dataDir : sharedFolder(relocationRoots, home.user)),
  });
  const cluster = new PostgresCluster({ home, binaries, sync: options.settings?.['fsync'] !== 'off', logger });
  const server = new PostgresServer({
    home,
    binaries,
    cluster,
    password: record.password,
    logFile: makeLogFile(dataDir),
    logger,
    ...(options.settings && { settings: options.settings }),
  });
  return { record, home, cluster, server };
}

export async function startServer(prepared: PreparedServer, options: EmbeddedPostgresOptions): Promise<RunningServer> {
  const { cluster, server, record } = prepared;
  if (cluster.postmaster() === undefined) await cluster.create(record.password);
  const postmaster = await server.bringUp({ ...(record.port !== undefined && { port: record.port }), fixed: false });
  const written = {
    ...record,
    port: postmaster.port,
    url: urlOf(record.password, postmaster.port),
    postmasterPid: postmaster.pid,
  };
  writeConnectionRecord(options.dataDir, written);
  return { ...prepared, record: written, postmaster };
}

/** With the password: not for logs. */
export function urlOf(password: string, port: number): string {
  return `postgres://${SERVICE_NAME}:${password}@127.0.0.1:${port}/${SERVICE_NAME}`;
}

/** In the data directory wherever the cluster lies: the server gets it opened. */
function makeLogFile(dataDir: string): string {
  const path = join(dataDir, 'postgres.log');
  closeSync(openSync(path, 'a', 0o600));
  giveToOwnerOf(dataDir, path);
  return path;
}
