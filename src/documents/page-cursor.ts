import { readCursor, writeCursor } from '../http/index.js';

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VERSION = /^[1-9][0-9]{0,8}$/;

/** The id at which a page ended; throws `InvalidCursorError`. */
export function readIdCursor(cursor: string): string {
  return readCursor(cursor, ID);
}

/** The version at which a page ended; throws `InvalidCursorError`. */
export function readVersionCursor(cursor: string): number {
  return Number(readCursor(cursor, VERSION));
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
