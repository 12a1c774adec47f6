import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../errors/index.js';
import { spawnLimited, watchMemory } from '../sandbox/index.js';
import {
  parsePictureAnswer,
  PictureFaultCode,
  type PictureFault,
  type PictureJob,
  type PictureShape,
  type RenderedPictures,
} from './picture-job.js';
import type { PictureLimits } from './picture-limits.js';
import {
  PictureTooComplexError,
  PictureTooLargeError,
  PictureTooSlowError,
  PictureUnreadableError,
  PictureWorkFailedError,
} from './pictures.errors.js';

const MAX_STDERR_LENGTH = 4000;
const MAX_REASON_LENGTH = 200;

export interface PictureChildOptions {
  readonly worker: URL;
  readonly limits: PictureLimits;
  readonly shape: PictureShape;
}

/** One child process and its one picture. Whatever happens, `end` leaves none behind. */
export class PictureChild {
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;
  private readonly outcome: Promise<RenderedPictures>;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly output: Buffer[] = [];
  private outputBytes = 0;
  private stderr = '';
  private resolve!: (pictures: RenderedPictures) => void;
  private reject!: (error: Error) => void;

  constructor(private readonly options: PictureChildOptions) {
    const { worker, limits, shape } = options;
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Nobody may be waiting any more when it comes to nothing.
    this.outcome.catch(() => undefined);
    const job: PictureJob = { shape, maxPixels: limits.pixels };
    this.child = spawnLimited({ script: worker, args: [JSON.stringify(job)], limits });
    this.closed = once(this.child, 'close').catch(() => undefined);
    this.child.once('error', (cause) => {
      this.reject(new PictureWorkFailedError({ cause }));
    });
    this.child.once('close', (code, signal) => {
      this.conclude(code, signal);
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.read(chunk);
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(0, MAX_STDERR_LENGTH);
    });
    const memory = watchMemory(this.child, limits, () => {
      this.fail(new PictureTooComplexError('memory'));
    });
    if (memory !== undefined) this.timers.push(memory);
  }

  /** Sends the picture and waits for the answer. What the body fails with goes before what the child makes of it. */
  async render(body: Readable, signal?: AbortSignal): Promise<RenderedPictures> {
    const abort = (): void => {
      this.reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) abort();
    try {
      await Promise.race([this.feed(body), this.outcome]);
      return await this.outcome;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Kills the child if it is still there, and waits until it is gone. */
  async end(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    this.child.kill('SIGKILL');
    if (this.child.pid !== undefined) await this.closed;
  }

  private async feed(body: Readable): Promise<void> {
    const { receiveSeconds, timeSeconds } = this.options.limits;
    // Without file descriptors for it there is no stream; the error event says so.
    if (this.child.stdin === null) return;
    const receiving = this.startTimer(receiveSeconds, () => new PictureTooSlowError(receiveSeconds));
    try {
      await pipeline(body, this.child.stdin);
      if (this.child.exitCode === null && this.child.signalCode === null)
        this.startTimer(timeSeconds, () => new PictureTooComplexError('time'));
    } catch (error) {
      if (!isClosedPipe(error)) throw error;
      // The child reads all that there is: one that did not has died, or has half a picture and must not go on.
      this.child.kill('SIGKILL');
    } finally {
      clearTimeout(receiving);
    }
  }

  private startTimer(seconds: number, error: () => Error): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.fail(error());
    }, seconds * 1000);
    this.timers.push(timer);
    return timer;
  }

  private read(chunk: Buffer): void {
    this.outputBytes += chunk.length;
    if (this.outputBytes <= this.options.limits.outputBytes) this.output.push(chunk);
    else this.fail(new PictureUnreadableError('it gives more bytes than such a picture has'));
  }

  private fail(error: Error): void {
    this.reject(error);
    this.child.kill('SIGKILL');
  }

  /** The child has gone, and all that it wrote is there. */
  private conclude(exitCode: number | null, signal: NodeJS.Signals | null): void {
    const answer = exitCode === 0 ? parsePictureAnswer(Buffer.concat(this.output)) : undefined;
    if (answer === undefined) this.reject(this.crash(exitCode, signal));
    else if ('code' in answer) this.reject(this.faultError(answer));
    else this.resolve(answer);
  }

  private crash(exitCode: number | null, signal: NodeJS.Signals | null): Error {
    if (signal === 'SIGXCPU') return new PictureTooComplexError('time');
    if (/out of memory|Failed to reserve virtual memory|bad_alloc/i.test(this.stderr))
      return new PictureTooComplexError('memory');
    const cause = new Error(this.stderr.trim() || 'It wrote no error');
    // Decoders that run into their own faults end by one of these signals, and would again.
    if (signal === 'SIGSEGV' || signal === 'SIGABRT' || signal === 'SIGBUS' || signal === 'SIGILL')
      return new PictureUnreadableError('decoding it ended abruptly', { cause });
    return new PictureWorkFailedError({ details: { exitCode, signal }, cause });
  }

  private faultError({ code, message }: PictureFault): Error {
    switch (code) {
      case PictureFaultCode.TooLarge:
        return new PictureTooLargeError(message.slice(0, MAX_REASON_LENGTH), this.options.limits.pixels);
      case PictureFaultCode.Unreadable:
        return /out of memory/i.test(message)
          ? new PictureTooComplexError('memory')
          : new PictureUnreadableError(plain(message));
      default:
        return code satisfies never;
    }
  }
}

/** What Node.js says of a pipe whose other end has gone; the body's own errors are others. */
function isClosedPipe(error: unknown): boolean {
  return ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'].includes(errorCode(error) ?? '');
}

/** What a decoder says, on one line of plain text. */
function plain(message: string): string {
  return message
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, MAX_REASON_LENGTH);
}
