import { InvalidCursorError } from '../listing/index.js';

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VERSION = /^[1-9][0-9]{0,8}$/;

/** Opaque to clients: what the last entry of a page is ordered by. */
export function writeCursor(last: string | number): string {
  return Buffer.from(String(last)).toString('base64url');
}

/** The id at which a page ended; throws `InvalidCursorError`. */
export function readIdCursor(cursor: string): string {
  return read(cursor, ID);
}

/** The version at which a page ended; throws `InvalidCursorError`. */
export function readVersionCursor(cursor: string): number {
  return Number(read(cursor, VERSION));
}

function read(cursor: string, form: RegExp): string {
  const last = Buffer.from(cursor, 'base64url').toString();
  if (!form.test(last) || writeCursor(last) !== cursor) throw new InvalidCursorError();
  return last;
}

/** Cuts what was read one too many of, and says where the next page begins. */
export function toPage<T>(
  found: readonly T[],
  limit: number,
  orderedBy: (entry: T) => string | number,
): { readonly items: readonly T[]; readonly nextCursor: string | null } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last !== undefined ? writeCursor(orderedBy(last)) : null };
}
