import { channel } from 'node:diagnostics_channel';

/** The moments in the life of an upload over tus at which a crash matters. Each message is `{ uploadId, fileId }`. */
export const moments = {
  /** The store has a part that no row names yet. */
  partSent: channel('catalyst:tus.part-sent'),
  /** The object under the file's key holds more than the file. */
  strayJoined: channel('catalyst:tus.stray-joined'),
} as const;
