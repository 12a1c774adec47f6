import { MediaChild } from './media-child.js';
import type { MediaInput } from './media-input.js';
import { MediaInputServer } from './media-input-server.js';
import { MediaTask } from './media-job.js';
import { DEFAULT_MEDIA_LIMITS, type MediaLimits } from './media-limits.js';
import { parseProbeResult, type ProbeResult } from './probe-result.js';
import { MediaOutputError } from './recordings.errors.js';
import { parseWaveform, type Waveform } from './waveform-data.js';

export interface MediaProcessOptions {
  readonly limits?: Partial<MediaLimits>;
  /** The built worker, a file URL; by default the one beside this module. */
  readonly worker?: URL;
}

export interface MediaWorkOptions {
  /** Kills the work at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** 0 to 1 and never falling, a few times a second. */
  readonly onProgress?: (fraction: number) => void;
}

/**
 * Works on recordings nobody vouches for, each in a process of its own that has limits, no secrets and one address to read
 * from. When a promise settles, the process and the port are gone.
 *
 * A rejection is one of `recordings.errors.ts`: kind `unprocessable` says that the recording is at fault, `unavailable`
 * that another try may succeed.
 */
export class MediaProcess {
  private readonly limits: MediaLimits;
  private readonly worker: URL;

  constructor(options: MediaProcessOptions = {}) {
    this.limits = { ...DEFAULT_MEDIA_LIMITS, ...options.limits };
    this.worker = options.worker ?? new URL('./media-worker.js', import.meta.url);
  }

  /** Decodes all of the recording and says what it is, how long and how loud. */
  async probe(input: MediaInput, options: MediaWorkOptions = {}): Promise<ProbeResult> {
    const result = parseProbeResult(await this.run(MediaTask.Probe, input, options));
    if (!result) throw new MediaOutputError('Measuring the recording gave no possible result.');
    return result;
  }

  /** Decodes all of the recording into its waveform; `drawWaveform` makes a picture of that. */
  async waveform(input: MediaInput, options: MediaWorkOptions = {}): Promise<Waveform> {
    const result = parseWaveform(await this.run(MediaTask.Waveform, input, options));
    if (!result) throw new MediaOutputError('The waveform of the recording is not a possible one.');
    return result;
  }

  private async run(task: MediaTask, input: MediaInput, { signal, onProgress }: MediaWorkOptions): Promise<unknown> {
    signal?.throwIfAborted();
    let stop!: (reason: Error) => void;
    const stopped = new Promise<never>((_resolve, reject) => (stop = reject));
    stopped.catch(() => undefined);
    const server = await MediaInputServer.start(input, {
      stallSeconds: this.limits.inputStallSeconds,
      onFailure: stop,
    });
    const abort = (): void => {
      stop(signal?.reason as Error);
    };
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    const child = new MediaChild({
      worker: this.worker,
      job: { task, inputUrl: server.url, sizeBytes: input.sizeBytes },
      limits: this.limits,
      onProgress: onProgress ?? (() => undefined),
    });
    try {
      // An answer that was computed while the input failed is about half a recording: the failure goes first.
      return await Promise.race([stopped, child.result]);
    } finally {
      signal?.removeEventListener('abort', abort);
      await child.end();
      await server.close();
    }
  }
}
