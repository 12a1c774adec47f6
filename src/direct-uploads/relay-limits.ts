import { FileTooLargeError, type WelcomeFile } from '../intake/index.js';
import { MAX_PARTS } from '../storage/index.js';

/** Of the numbers of parts so many may be left out, where one holder takes over from another. */
export const SPARED_PARTS = 0.1;
/** What one relayed upload keeps in memory, twice while it is put together. */
export const MAX_RELAY_PART_BYTES = 128 * 1024 * 1024;
/** What goes into so many parts of this size: 1.1 TiB. */
export const MAX_RELAY_BYTES = MAX_PARTS * (1 - SPARED_PARTS) * MAX_RELAY_PART_BYTES;

/** A file that the service is to relay, with what it may have so. Throws `FileTooLargeError`. */
export function relayed(file: WelcomeFile, sizeBytes: number | undefined): WelcomeFile {
  const maxSizeBytes = Math.min(file.maxSizeBytes, MAX_RELAY_BYTES);
  if (sizeBytes !== undefined && sizeBytes > maxSizeBytes) throw new FileTooLargeError(maxSizeBytes);
  return { ...file, maxSizeBytes };
}
