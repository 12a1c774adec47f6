import { LinkEndedError, LinkTooLongError } from './links.errors.js';

export const DEFAULT_LINK_SECONDS = 3600;

/** How long a link shall live; throws `LinkTooLongError` for more than this installation allows. */
export function linkSeconds(asked: number | undefined, maxSeconds: number): number {
  if (asked === undefined) return Math.min(DEFAULT_LINK_SECONDS, maxSeconds);
  if (asked > maxSeconds) throw new LinkTooLongError(maxSeconds);
  return asked;
}

/** From one second to another, as links count them: at least one. */
export function secondsUntil(instant: Date, from: Date): number {
  return Math.max(1, (wholeSeconds(instant).getTime() - wholeSeconds(from).getTime()) / 1000);
}

/** Throws `LinkEndedError` for what was given out before and cannot be given out again. */
export function assertNotEnded(expiresAt: Date, now: Date): void {
  if (wholeSeconds(expiresAt) <= wholeSeconds(now)) throw new LinkEndedError(expiresAt);
}

/** Every signature carries whole seconds. */
export function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}
