import { join } from 'node:path';

/*
 * Where an object lies: below the root, one folder for each segment of its key, and a file whose name ends in `~`, so that
 * `a` and `a/b` live side by side. Names hold `a-z 0-9 . _ -` and `%xx` for every other byte of UTF-8, capitals included:
 * they mean the same on file systems that fold case, compose accents, or refuse blanks, colons and device names. Nothing of
 * a key is ever a name by itself, so none leads out of the root.
 *
 * A name is cut where it has `PIECE_CHARS`, whether more follows or not: the cut piece is a folder whose name ends in `+`, and
 * the rest goes on inside. All keys that share the piece are in that folder, which keeps a folder's entries in key order.
 *
 * Keys are handled as "bytes": strings of one char for each byte of UTF-8, which `<` compares as S3 orders keys.
 */

const PIECE_CHARS = 198;
const OBJECT_MARK = '~';
const CUT_MARK = '+';
/** Closes a name that would be empty, or end in a dot, which Windows drops. */
const END_MARK = '%';
/** Names that Windows gives to devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/;
const PLAIN_NAME = /^[a-z0-9_-][a-z0-9._-]*$/;

/** What an entry of a folder stands for, and the bytes it adds to the key. */
export interface NamedEntry {
  readonly kind: 'object' | 'folder';
  /** For a folder, what all keys in it go on with: a segment and its slash, or a cut piece. */
  readonly bytes: string;
}

/** A folder on the way to a key. */
export interface FolderStep {
  readonly name: string;
  readonly bytes: string;
}

export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function fromBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The path of a key's file, below `root`. Any string has one; two strings never share one. */
export function pathOfKey(root: string, key: string): string {
  const { folders, rest } = stepsOf(toBytes(key));
  return join(root, ...folders.map((folder) => folder.name), closed(nextPiece(rest).text) + OBJECT_MARK);
}

/** The folder that the bytes lead through first; none when they end within one. */
export function firstStep(bytes: string): FolderStep | undefined {
  const slash = bytes.indexOf('/');
  const piece = nextPiece(slash < 0 ? bytes : bytes.slice(0, slash));
  if (piece.full) return { name: piece.text + CUT_MARK, bytes: bytes.slice(0, piece.length) };
  if (slash < 0) return undefined;
  return { name: closed(piece.text), bytes: bytes.slice(0, slash + 1) };
}

/** All folders that the bytes lead through, and what is left of them inside the last. */
export function stepsOf(bytes: string): { readonly folders: readonly FolderStep[]; readonly rest: string } {
  const folders: FolderStep[] = [];
  let rest = bytes;
  for (let step = firstStep(rest); step; step = firstStep(rest)) {
    folders.push(step);
    rest = rest.slice(step.bytes.length);
  }
  return { folders, rest };
}

/** What a name in a folder stands for; nothing for names that no key has, which are not ours. */
export function readName(name: string): NamedEntry | undefined {
  const mark = name.at(-1);
  const cut = mark === CUT_MARK;
  const text = cut || mark === OBJECT_MARK ? name.slice(0, -1) : name;
  const bytes = decoded(text);
  if (bytes === undefined) return undefined;
  const piece = nextPiece(bytes);
  const canonical =
    piece.full === cut && piece.length === bytes.length && text === (cut ? piece.text : closed(piece.text));
  if (!canonical) return undefined;
  if (mark === OBJECT_MARK) return { kind: 'object', bytes };
  return { kind: 'folder', bytes: cut ? bytes : `${bytes}/` };
}

/** As much of a segment as one name holds. */
function nextPiece(segment: string): { readonly text: string; readonly length: number; readonly full: boolean } {
  if (segment.length < PIECE_CHARS && PLAIN_NAME.test(segment) && !DEVICE.test(segment)) {
    return { text: segment, length: segment.length, full: false };
  }
  const device = DEVICE.test(segment);
  let text = '';
  for (let at = 0; at < segment.length; at += 1) {
    const byte = segment.charAt(at);
    const plain = at === 0 ? /[a-z0-9_-]/.test(byte) && !device : /[a-z0-9._-]/.test(byte);
    text += plain ? byte : `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
    if (text.length >= PIECE_CHARS) return { text, length: at + 1, full: true };
  }
  return { text, length: segment.length, full: false };
}

function closed(text: string): string {
  return text === '' || text.endsWith('.') ? text + END_MARK : text;
}

function decoded(text: string): string | undefined {
  if (PLAIN_NAME.test(text)) return text;
  const open = text.endsWith(END_MARK) ? text.slice(0, -1) : text;
  if (!/^(?:[a-z0-9._-]|%[0-9a-f]{2})*$/.test(open)) return undefined;
  return open.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
