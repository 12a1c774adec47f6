import { DomainError } from '../errors/index.js';

export class InvalidCursorError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_CURSOR';
  constructor() {
    super('This cursor is not one that a list gave. Begin again without it.');
  }
}

/** Opaque to clients: what the last entry of a page is ordered by. */
export function writeCursor(last: string | number): string {
  return Buffer.from(String(last)).toString('base64url');
}

/** What a page ended with, which has to be of this form; throws `InvalidCursorError`. */
export function readCursor(cursor: string, form: RegExp): string {
  const last = Buffer.from(cursor, 'base64url').toString();
  if (!form.test(last) || writeCursor(last) !== cursor) throw new InvalidCursorError();
  return last;
}
