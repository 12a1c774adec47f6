import type { ErrorKind } from '../errors/index.js';

/** What judges the bytes that were sent, whatever is tried again. */
export const VERDICTS: ReadonlySet<ErrorKind> = new Set(['invalid', 'too-large', 'unsupported-type', 'unprocessable']);
/** What passes, and says nothing about the bytes. */
export const PASSING: ReadonlySet<ErrorKind> = new Set(['unavailable', 'out-of-space', 'timeout']);
