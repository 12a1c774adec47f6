import { channel } from 'node:diagnostics_channel';

/**
 * The moments in an upload's life at which a crash matters, besides those of every file: Node.js diagnostics channels,
 * free without a subscriber. Each message is `{ uploadId, fileId }`.
 */
export const moments = {
  /** Upload and pending file are committed; the store knows nothing of it. */
  opened: channel('catalyst:upload.opened'),
  /** The store has opened it; its name there is not written down. */
  started: channel('catalyst:upload.started'),
  /** The object lies under the file's key; nobody has looked at it. */
  assembled: channel('catalyst:upload.assembled'),
  /** File and upload are done and committed; their sender has no answer yet. */
  confirmed: channel('catalyst:file.confirmed'),
} as const;
