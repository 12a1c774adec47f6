import { InvalidCursorError } from '../http/index.js';

/** Opaque to clients: the last id of a page, which names a place in the order of creation. */
export function writeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

/** Throws `InvalidCursorError`. */
export function readCursor(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (hex.length !== 32 || writeCursor(id) !== cursor) throw new InvalidCursorError();
  return id;
}
