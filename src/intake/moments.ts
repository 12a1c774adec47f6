import { channel } from 'node:diagnostics_channel';

/**
 * The moments in a file's life at which a crash matters, as Node.js diagnostics channels: free without a subscriber, and
 * there for tracing. Each message is `{ fileId }`.
 */
export const moments = {
  /** The pending row is committed; nothing has been sent. */
  reserved: channel('catalyst:file.reserved'),
  /** The store has the object; the row is still pending. */
  sent: channel('catalyst:file.sent'),
  /** Inside the confirming transaction, behind the hooks: not committed yet. */
  confirming: channel('catalyst:file.confirming'),
  /** The row is stored and committed; the client has no answer yet. */
  confirmed: channel('catalyst:file.confirmed'),
} as const;
