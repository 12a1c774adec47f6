import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { DomainError } from '../errors/index.js';
import { FileTooLargeError, UploadInterruptedError } from './intake.errors.js';
import { SNIFF_BYTES } from './type-sniffer.js';

/**
 * A file on its way in: its first bytes to look at, then all of it as a stream that counts, hashes and keeps to the limit.
 * Holds `SNIFF_BYTES` and a chunk at the most.
 */
export class IntakeStream {
  private readonly hash = createHash('sha256');
  private bytes = 0;
  private ended = false;

  private constructor(
    private readonly source: AsyncIterator<Buffer, undefined>,
    /** The first bytes, at most `SNIFF_BYTES` and a chunk. */
    readonly head: Buffer,
    private readonly maxSizeBytes: number,
  ) {}

  /** Reads as much of the source as is needed to recognise it. */
  static async open(source: Readable, maxSizeBytes: number): Promise<IntakeStream> {
    const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    const chunks: Buffer[] = [];
    let length = 0;
    while (length < SNIFF_BYTES) {
      const { done, value } = await interruptible(iterator.next());
      if (done === true) break;
      chunks.push(value);
      length += value.length;
      if (length > maxSizeBytes) {
        await iterator.return?.();
        throw new FileTooLargeError(maxSizeBytes);
      }
    }
    return new IntakeStream(iterator, Buffer.concat(chunks), maxSizeBytes);
  }

  /** The whole file, once. Fails with `FileTooLargeError` or `UploadInterruptedError`. */
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

  /** SHA-256 of the whole file in base64; asked once, after the end. */
  sha256(): string {
    return this.hash.digest('base64');
  }

  private async *chunks(): AsyncGenerator<Buffer> {
    try {
      if (this.head.length > 0) yield this.taken(this.head);
      for (;;) {
        const { done, value } = await interruptible(this.source.next());
        if (done === true) break;
        yield this.taken(value);
      }
      this.ended = true;
    } finally {
      if (!this.ended) await this.source.return?.();
    }
  }

  private taken(chunk: Buffer): Buffer {
    this.bytes += chunk.length;
    if (this.bytes > this.maxSizeBytes) throw new FileTooLargeError(this.maxSizeBytes);
    this.hash.update(chunk);
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
