import { PostsBusyError } from './sessions.errors.js';

/** What a queue lets in. */
export interface PostLimits {
  readonly atOnce: number;
  readonly waiting: number;
  /** Of those at work and those that wait. */
  readonly heldBytes: number;
}

/** Lets so many posts be stored at once, has some wait in their order, and refuses the rest: each is held in memory. */
export class PostQueue {
  private readonly waiting: (() => void)[] = [];
  private atWork = 0;
  private heldBytes = 0;

  constructor(private readonly limits: PostLimits) {}

  /** Rejects with `PostsBusyError` when as many wait as may, or as much. One alone is always let in. */
  async run<T>(sizeBytes: number, work: () => Promise<T>): Promise<T> {
    const isFull = this.heldBytes > 0 && this.heldBytes + sizeBytes > this.limits.heldBytes;
    const mustWait = this.atWork >= this.limits.atOnce;
    if (isFull || (mustWait && this.waiting.length >= this.limits.waiting)) throw new PostsBusyError();
    this.heldBytes += sizeBytes;
    // Whoever ends hands its place to the first that waits.
    if (mustWait) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.atWork += 1;
    try {
      return await work();
    } finally {
      this.heldBytes -= sizeBytes;
      const next = this.waiting.shift();
      if (next === undefined) this.atWork -= 1;
      else next();
    }
  }
}
