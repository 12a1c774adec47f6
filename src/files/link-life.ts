import { LinkTooLongError } from './files.errors.js';

export const DEFAULT_LINK_SECONDS = 3600;

/** How long a link shall live; throws `LinkTooLongError` for more than this installation allows. */
export function linkSeconds(asked: number | undefined, maxSeconds: number): number {
  if (asked === undefined) return Math.min(DEFAULT_LINK_SECONDS, maxSeconds);
  if (asked > maxSeconds) throw new LinkTooLongError(maxSeconds);
  return asked;
}

/** At least one: a link that has ended is answered as such, not refused. */
export function secondsUntil(instant: Date, now: Date): number {
  return Math.max(1, Math.floor((instant.getTime() - now.getTime()) / 1000));
}
