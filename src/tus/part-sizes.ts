import { MAX_RELAY_PART_BYTES, SPARED_PARTS } from '../direct-uploads/index.js';
import { MAX_PARTS } from '../storage/index.js';

const MEBIBYTE = 1024 * 1024;

/** What is still to be sent. */
export interface Remainder {
  /** Bytes that are in no part yet; where the length is not known, as many as may come. */
  readonly bytes: number;
  /** The lowest part number that may be used. */
  readonly nextPart: number;
}

/** How large the next part is: as configured, or so large that the numbers last for what is still to come; within bounds. */
export function nextPartSize({ bytes, nextPart }: Remainder, configuredBytes: number): number {
  const numbers = MAX_PARTS - nextPart + 1;
  const usable = Math.max(1, Math.floor(numbers * (1 - SPARED_PARTS)));
  const least = Math.ceil(bytes / usable / MEBIBYTE) * MEBIBYTE;
  return Math.min(MAX_RELAY_PART_BYTES, Math.max(configuredBytes, least));
}
