import { MAX_PARTS } from '../storage/index.js';

const MEBIBYTE = 1024 * 1024;
/** Numbers that are left out when another holder goes on, of those that remain. */
const SPARED = 0.1;

/** What is still to be sent. */
export interface Remainder {
  /** Bytes that are in no part yet; where the length is not known, as many as may come. */
  readonly bytes: number;
  /** The lowest part number that may be used. */
  readonly nextPart: number;
}

/** How large the next part is: as configured, or so large that the numbers last for what is still to come. */
export function nextPartSize({ bytes, nextPart }: Remainder, configuredBytes: number): number {
  const numbers = MAX_PARTS - nextPart + 1;
  const usable = Math.max(1, Math.floor(numbers * (1 - SPARED)));
  const least = Math.ceil(bytes / usable / MEBIBYTE) * MEBIBYTE;
  return Math.max(configuredBytes, least);
}
