import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { DomainError } from '../errors/index.js';
import type { FileChecksum } from '../files/index.js';
import { ChecksumDiffersError, FileTooLargeError, UploadInterruptedError } from './intake.errors.js';
import { SNIFF_BYTES } from './type-sniffer.js';

const SHA256 = 'SHA256';

/** What a file on its way in has to keep to. */
export interface IntakeRules {
  readonly maxSizeBytes: number;
  /** What its sender says it is: SHA256 or SHA512 of the whole. */
  readonly expected?: readonly FileChecksum[];
}

/**
 * A file on its way in: its first bytes to look at, then all of it as a stream that counts, hashes and keeps to the rules.
 * Holds `SNIFF_BYTES` and a chunk at the most.
 */
export class IntakeStream {
  private readonly hashes: ReadonlyMap<string, Hash>;
  private bytes = 0;
  private ended = false;

  private constructor(
    private readonly source: AsyncIterator<Buffer, undefined>,
    /** The first bytes, at most `SNIFF_BYTES` and a chunk. */
    readonly head: Buffer,
    private readonly rules: IntakeRules,
  ) {
    const algorithms = [SHA256, ...(rules.expected ?? []).map(({ algorithm }) => algorithm)];
    this.hashes = new Map(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
  }

  /** Reads as much of the source as is needed to recognise it. */
  static async open(source: Readable, rules: IntakeRules): Promise<IntakeStream> {
    const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    const chunks: Buffer[] = [];
    let length = 0;
    while (length < SNIFF_BYTES) {
      const { done, value } = await interruptible(iterator.next());
      if (done === true) break;
      chunks.push(value);
      length += value.length;
      if (length > rules.maxSizeBytes) {
        await iterator.return?.();
        throw new FileTooLargeError(rules.maxSizeBytes);
      }
    }
    return new IntakeStream(iterator, Buffer.concat(chunks), rules);
  }

  /** The whole file, once. Fails with `FileTooLargeError`, `UploadInterruptedError` or `ChecksumDiffersError`. */
  body(): Readable {
    return Readable.from(this.chunks(), { objectMode: false });
  }

  /** Gives the source up unread. */
  async cancel(): Promise<void> {
    await this.source.return?.();
  }

  /** Bytes that went by so far. */
  get sizeBytes(): number {
    return this.bytes;
  }

  /** Whether every byte went by, so that only the store is waited for. */
  get complete(): boolean {
    return this.ended;
  }

  /** SHA-256 of the whole file in base64; asked after the end. */
  sha256(): string {
    return this.digest(SHA256);
  }

  private async *chunks(): AsyncGenerator<Buffer> {
    try {
      if (this.head.length > 0) yield this.taken(this.head);
      for (;;) {
        const { done, value } = await interruptible(this.source.next());
        if (done === true) break;
        yield this.taken(value);
      }
      // Before the store is told that this was all: it keeps nothing of what breaks off.
      this.assertExpected();
      this.ended = true;
    } finally {
      if (!this.ended) await this.source.return?.();
    }
  }

  private assertExpected(): void {
    for (const { algorithm, value } of this.rules.expected ?? []) {
      if (this.digest(algorithm) !== value) throw new ChecksumDiffersError(algorithm);
    }
  }

  private digest(algorithm: string): string {
    const hash = this.hashes.get(algorithm);
    if (hash === undefined) throw new Error(`Nobody asked for ${algorithm}`);
    return hash.copy().digest('base64');
  }

  private taken(chunk: Buffer): Buffer {
    this.bytes += chunk.length;
    if (this.bytes > this.rules.maxSizeBytes) throw new FileTooLargeError(this.rules.maxSizeBytes);
    for (const hash of this.hashes.values()) hash.update(chunk);
    return chunk;
  }
}

async function interruptible<T>(next: Promise<T>): Promise<T> {
  try {
    return await next;
  } catch (cause) {
    // A source that says what is wrong is believed; any other is a connection that broke.
    if (cause instanceof DomainError) throw cause;
    throw new UploadInterruptedError({ cause });
  }
}
