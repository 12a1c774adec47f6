import { PicturesBusyError } from './pictures.errors.js';

/** Lets so many through at once and so many wait; whoever comes then is sent away with `PicturesBusyError`. */
export class PictureQueue {
  private running = 0;
  private readonly line: (() => void)[] = [];

  constructor(private readonly limits: { readonly atOnce: number; readonly waiting: number }) {}

  /** Does the work when its turn has come. One that is aborted leaves the line, with the signal's reason. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      const next = this.line.shift();
      // The place goes on to the next one without being given up.
      if (next === undefined) this.running -= 1;
      else next();
    }
  }

  private async enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.running < this.limits.atOnce) {
      this.running += 1;
      return;
    }
    if (this.line.length >= this.limits.waiting) throw new PicturesBusyError();
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.line.splice(this.line.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      const enter = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      this.line.push(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}
