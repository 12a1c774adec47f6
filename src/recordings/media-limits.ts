/** What one child process may use. */
export interface MediaLimits {
  /** Resident; checked five times a second on Linux. The kernel refuses a single leap far beyond it. */
  readonly memoryBytes: number;
  /** On the clock, from start to answer. */
  readonly timeSeconds: number;
  readonly cpuSeconds: number;
  readonly outputBytes: number;
  readonly openFiles: number;
  /** How long the input may bring nothing before the work is given up as "not now". */
  readonly inputStallSeconds: number;
}

/** A three-hour recording takes about 110 MB and well under two minutes; 46 hours fit into 500 MB of Opus. */
export const DEFAULT_MEDIA_LIMITS: MediaLimits = {
  memoryBytes: 512 * 1024 ** 2,
  timeSeconds: 30 * 60,
  cpuSeconds: 30 * 60,
  outputBytes: 4 * 1024 ** 2,
  openFiles: 64,
  inputStallSeconds: 60,
};
