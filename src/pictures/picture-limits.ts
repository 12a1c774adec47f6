import type { ProcessLimits } from '../sandbox/index.js';

/** What the work on one picture may use, and how much of it goes on at once. */
export interface PictureLimits extends ProcessLimits {
  /** Width times height, as the header states them: judged before anything is decoded. */
  readonly pixels: number;
  /** From the last byte received to the answer. */
  readonly timeSeconds: number;
  /** From the start of the child to the last byte received: it waits for a slow sender no longer. */
  readonly receiveSeconds: number;
  /** Of what the child answers. */
  readonly outputBytes: number;
  /** Children at a time. */
  readonly atOnce: number;
  /** Pictures that may wait for a child; the next one is told to come back. */
  readonly waiting: number;
}

/** A photograph of 50 million pixels takes about 1 s and 200 MB, a PNG with as many about 2 s. */
export const DEFAULT_PICTURE_LIMITS: PictureLimits = {
  pixels: 64_000_000,
  timeSeconds: 10,
  cpuSeconds: 20,
  receiveSeconds: 60,
  memoryBytes: 512 * 1024 ** 2,
  outputBytes: 4 * 1024 ** 2,
  openFiles: 64,
  atOnce: 4,
  waiting: 32,
};
