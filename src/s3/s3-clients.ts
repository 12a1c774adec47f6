import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { InvalidEnvironmentError } from '../config/index.js';
import type { S3Config } from './s3.config.js';

export interface S3Timeouts {
  /** Until the TCP connection (and TLS) stands. */
  readonly connectMs: number;
  /** Without a byte in either direction. A slow link moves bytes; a dead store does not. */
  readonly idleMs: number;
}

export const S3_TIMEOUTS: S3Timeouts = { connectMs: 5_000, idleMs: 30_000 };

/** Connections kept for the next request; those in use are bounded by the requests we serve. */
const MAX_FREE_SOCKETS = 256;

/**
 * The clients of the project, each made when it is first wanted, so that a local store needs no keys. Throws
 * `InvalidEnvironmentError` then when development has none.
 *
 * Checksums are left to the callers: what the SDK adds by itself hashes every body a second time, and signs presigned
 * URLs with the checksum of an empty body.
 */
export class S3Clients {
  private readonly made = new Map<string, S3Client>();

  constructor(
    private readonly config: S3Config,
    readonly timeouts: S3Timeouts = S3_TIMEOUTS,
  ) {}

  /** For requests whose answer is read at once. */
  get main(): S3Client {
    return this.client('main', { idleMs: this.timeouts.idleMs });
  }

  /**
   * For bodies handed on at the pace of whoever reads them: a paused player is not a dead store, so no idle timeout
   * stands on the socket, and the one who reads watches instead.
   */
  get reader(): S3Client {
    return this.client('reader', { idleMs: 0, answerMs: this.timeouts.idleMs });
  }

  /** Signs and never sends. */
  get presigner(): S3Client {
    return this.client('presigner', { idleMs: this.timeouts.idleMs });
  }

  /** Closes every connection. */
  destroy(): void {
    for (const client of this.made.values()) client.destroy();
    this.made.clear();
  }

  private client(name: string, limits: { readonly idleMs: number; readonly answerMs?: number }): S3Client {
    const existing = this.made.get(name);
    if (existing !== undefined) return existing;
    const client = new S3Client(this.options(limits));
    this.made.set(name, client);
    return client;
  }

  private options({ idleMs, answerMs = 0 }: { readonly idleMs: number; readonly answerMs?: number }): S3ClientConfig {
    const { region, endpoint, forcePathStyle, credentials, credentialsRequired } = this.config;
    if (credentials === undefined && credentialsRequired) {
      throw new InvalidEnvironmentError([
        'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set to use S3 in development',
      ]);
    }
    // Node bounds sockets per agent by default at 50 in the SDK, and slow downloads would starve uploads of theirs.
    const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: MAX_FREE_SOCKETS };
    return {
      region,
      forcePathStyle,
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
      maxAttempts: 3,
      retryMode: 'standard',
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: this.timeouts.connectMs,
        socketTimeout: idleMs,
        requestTimeout: answerMs,
        throwOnRequestTimeout: true,
        httpAgent: agent,
        httpsAgent: agent,
      },
    };
  }
}
