import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { spawnLimited, watchMemory } from '../sandbox/index.js';
import { cleanText } from './clean-text.js';
import { MediaFaultCode, parseMediaReport, type MediaJob } from './media-job.js';
import type { MediaLimits } from './media-limits.js';
import {
  MediaCrashedError,
  MediaMemoryError,
  MediaOutputError,
  MediaTimeoutError,
  MediaUnreadableError,
  NoAudioStreamError,
} from './recordings.errors.js';

const MAX_STDERR_LENGTH = 4000;
const MAX_MESSAGE_LENGTH = 500;

export interface MediaChildOptions {
  /** The built worker, a file URL. */
  readonly worker: URL;
  readonly job: MediaJob;
  readonly limits: MediaLimits;
  readonly onProgress: (fraction: number) => void;
}

/** One child process at work. Whatever happens, `end` leaves none behind. */
export class MediaChild {
  /** What the child answered, unchecked; or why there is no answer. */
  readonly result: Promise<unknown>;

  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;
  private readonly timers: NodeJS.Timeout[] = [];
  private resolve!: (value: unknown) => void;
  private reject!: (error: Error) => void;
  private line: Buffer[] = [];
  private outputBytes = 0;
  private stderr = '';

  constructor(private readonly options: MediaChildOptions) {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Nobody may be waiting any more when it comes to nothing.
    this.result.catch(() => undefined);
    this.child = spawnLimited({ script: options.worker, limits: options.limits });
    this.closed = once(this.child, 'close').catch(() => undefined);
    this.child.once('error', (cause) => {
      this.reject(new MediaCrashedError('The process for media work could not be started.', { cause }));
    });
    this.child.once('close', (code, signal) => {
      this.reject(this.crash(code, signal));
    });
    // Without file descriptors for them there are no streams; the error event says so.
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.read(chunk);
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(0, MAX_STDERR_LENGTH);
    });
    // A child that died while it was being told its job is reported by its end.
    this.child.stdin?.on('error', () => undefined);
    this.child.stdin?.write(`${JSON.stringify(options.job)}\n`);
    this.watch();
  }

  /** Kills the child if it is still there, and waits until it is gone. */
  async end(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    this.child.kill('SIGKILL');
    if (this.child.pid !== undefined) await this.closed;
  }

  private read(chunk: Buffer): void {
    this.outputBytes += chunk.length;
    if (this.outputBytes > this.options.limits.outputBytes) {
      this.fail(new MediaOutputError('Working on the recording wrote more than it may.'));
      return;
    }
    let rest = chunk;
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      this.handle(Buffer.concat([...this.line, rest.subarray(0, end)]).toString('utf8'));
      this.line = [];
      rest = rest.subarray(end + 1);
    }
    this.line.push(rest);
  }

  private handle(line: string): void {
    const report = parseMediaReport(line);
    switch (report?.type) {
      case 'progress':
        this.options.onProgress(report.fraction);
        return;
      case 'result':
        this.resolve(report.value);
        return;
      case 'fault':
        this.fail(faultError(report.code, cleanText(report.message, MAX_MESSAGE_LENGTH)));
        return;
      case undefined:
        this.fail(new MediaOutputError('Working on the recording wrote something else than an answer.'));
        return;
      default:
        report satisfies never;
    }
  }

  private watch(): void {
    const { limits } = this.options;
    this.timers.push(
      setTimeout(() => {
        this.fail(new MediaTimeoutError(`Working on the recording took longer than ${limits.timeSeconds} seconds.`));
      }, limits.timeSeconds * 1000),
    );
    const memory = watchMemory(this.child, limits, () => {
      this.fail(memoryError(limits.memoryBytes));
    });
    if (memory !== undefined) this.timers.push(memory);
  }

  private fail(error: Error): void {
    this.reject(error);
    this.child.kill('SIGKILL');
  }

  private crash(exitCode: number | null, signal: NodeJS.Signals | null): Error {
    const { limits } = this.options;
    if (signal === 'SIGXCPU') {
      return new MediaTimeoutError(
        `Working on the recording took more than ${limits.cpuSeconds} seconds of processor time.`,
      );
    }
    if (/out of memory|Failed to reserve virtual memory|bad_alloc/i.test(this.stderr)) {
      return memoryError(limits.memoryBytes);
    }
    return new MediaCrashedError('The process for media work ended without an answer.', {
      details: { exitCode, signal },
      cause: new Error(this.stderr.trim() || 'It wrote no error'),
    });
  }
}

function faultError(code: MediaFaultCode, message: string): Error {
  switch (code) {
    case MediaFaultCode.Unreadable:
      return new MediaUnreadableError(message);
    case MediaFaultCode.NoAudioStream:
      return new NoAudioStreamError(message);
    case MediaFaultCode.Memory:
      return new MediaMemoryError(message);
    default:
      return code satisfies never;
  }
}

function memoryError(memoryBytes: number): Error {
  return new MediaMemoryError(
    `Working on the recording took more than ${Math.round(memoryBytes / 1024 ** 2)} MB of memory.`,
  );
}
