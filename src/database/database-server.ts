import type { Logger } from '@nestjs/common';
import { EmbeddedPostgres, type Attachment } from '../embedded-postgres/index.js';

export const DatabaseKind = { Embedded: 'embedded', External: 'external' } as const;
export type DatabaseKind = (typeof DatabaseKind)[keyof typeof DatabaseKind];

export interface DatabaseServerOptions {
  readonly url: string | undefined;
  readonly directUrl: string | undefined;
  /** Absolute; for the embedded server. */
  readonly dataDir: string;
  readonly attachAs: Attachment;
  readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>;
}

/**
 * The PostgreSQL of this process. It outlives the application on purpose: whoever started the application calls `stop`
 * once everything else is closed, as modules still write to the database while they shut down.
 */
export class DatabaseServer {
  private constructor(
    /** With the password: not for logs. */
    readonly url: string,
    /** Past any transaction pooler: for LISTEN, session locks and migrations. */
    readonly directUrl: string,
    private readonly embedded: EmbeddedPostgres | undefined,
  ) {}

  static async start(options: DatabaseServerOptions): Promise<DatabaseServer> {
    if (options.url !== undefined) {
      return new DatabaseServer(options.url, options.directUrl ?? options.url, undefined);
    }
    const { dataDir, attachAs, logger } = options;
    const embedded = await EmbeddedPostgres.start({ dataDir, attachAs, logger });
    return new DatabaseServer(embedded.url, embedded.url, embedded);
  }

  get kind(): DatabaseKind {
    return this.embedded === undefined ? DatabaseKind.External : DatabaseKind.Embedded;
  }

  /** For people and logs: no password. */
  description(): string {
    const { hostname, port, pathname } = new URL(this.url);
    const where = `${hostname}:${port === '' ? '5432' : port}${pathname}`;
    return this.embedded === undefined
      ? `PostgreSQL at ${where}`
      : `embedded PostgreSQL at ${where}, data in ${this.embedded.clusterDir}`;
  }

  /** Ends an embedded server that nobody else needs, within eight seconds. Again is fine. */
  async stop(): Promise<void> {
    await this.embedded?.stop();
  }
}
