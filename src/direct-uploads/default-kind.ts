import type { Actor } from '../auth/index.js';

/** What a sender says who need not name a kind. */
export interface KindHints {
  readonly kind?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** Which kind a file is of: the one its sender names, the one its token is for, or the original of a session, or of none. */
export function kindFor({ kind, sessionId }: KindHints, { principal: { pins } }: Actor): string {
  const named = kind ?? pins?.kind;
  if (named !== undefined) return named;
  return (sessionId ?? pins?.parameters['sessionId']) === undefined ? 'manual-upload' : 'session-original';
}
