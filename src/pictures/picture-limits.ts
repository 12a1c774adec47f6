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

/** On one core a picture of 64 million pixels takes 0.5 to 4 s; the clock allows for others at work. */
export const DEFAULT_PICTURE_LIMITS: PictureLimits = {
  pixels: 64_000_000,
  timeSeconds: 20,
  cpuSeconds: 10,
  receiveSeconds: 60,
  memoryBytes: 512 * 1024 ** 2,
  outputBytes: 4 * 1024 ** 2,
  openFiles: 64,
  atOnce: 4,
  waiting: 32,
};
