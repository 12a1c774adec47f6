import { randomInt } from 'node:crypto';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Client } from 'pg';
import { DatabaseServer } from '../database/index.js';
import { errorMessage } from '../errors/index.js';

/** The channel on which holders of uploads are asked to let go; the payload is the upload's id. */
export const RELEASE_CHANNEL = 'catalyst_upload_release';
/** Any number that nothing else on the database locks in pairs: the bytes of "tusn". */
export const SESSION_LOCK = 0x74_75_73_6e;
const MAX_NUMBER = 2 ** 31;
const RETRY_MS = 500;
const MAX_RETRY_MS = 10_000;

/**
 * This process' one connection past any pooler. It listens for requests to let uploads go, and holds an advisory lock by which
 * others see that the process is there: PostgreSQL drops it at once when the process dies.
 */
@Injectable()
export class NodeSession implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(NodeSession.name);
  /** The lock's second number: this process, for as long as it lives. */
  private readonly number = randomInt(1, MAX_NUMBER);
  private client: Client | undefined;
  private retry: NodeJS.Timeout | undefined;
  private waitMs = RETRY_MS;
  private ended = false;
  private listener: (uploadId: string) => void = () => undefined;

  constructor(private readonly database: DatabaseServer) {}

  /** By which others see whether this process is there; null while it cannot be seen. */
  get id(): number | null {
    return this.client === undefined ? null : this.number;
  }

  onRelease(listener: (uploadId: string) => void): void {
    this.listener = listener;
  }

  async onModuleInit(): Promise<void> {
    await this.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    this.ended = true;
    clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
    this.client = undefined;
  }

  private async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.database.directUrl,
      application_name: 'catalyst-storage uploads',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    });
    let lost = false;
    const lose = (error?: Error): void => {
      if (lost) return;
      lost = true;
      this.lose(client, error);
    };
    client.on('error', lose);
    client.on('end', () => {
      lose();
    });
    client.on('notification', ({ payload = '' }) => {
      this.listener(payload);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${RELEASE_CHANNEL}`);
      // What still holds it is this process' own connection before, which the server has not missed yet.
      await client.query('select pg_advisory_lock_shared($1, $2)', [SESSION_LOCK, this.number]);
      if (this.isEnded()) return void client.end().catch(() => undefined);
      this.client = client;
      this.waitMs = RETRY_MS;
    } catch (error) {
      lose(error instanceof Error ? error : undefined);
    }
  }

  private isEnded(): boolean {
    return this.ended;
  }

  private lose(client: Client, error: Error | undefined): void {
    this.client = undefined;
    void client.end().catch(() => undefined);
    if (this.ended) return;
    const reason = error === undefined ? 'it ended' : errorMessage(error);
    this.logger.warn({ event: 'UPLOAD_SESSION_LOST', reason }, 'no longer told when uploads are to be let go');
    this.retry = setTimeout(() => void this.connect(), this.waitMs);
    this.retry.unref();
    this.waitMs = Math.min(this.waitMs * 2, MAX_RETRY_MS);
  }
}
