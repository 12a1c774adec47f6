/** How much structure JSON may have. */
export interface JsonShape {
  readonly maxDepth: number;
  /** Objects and arrays, of which each costs many times its bytes. */
  readonly maxContainers: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Whether JSON in UTF-8 keeps to a shape, told from its bytes: what is nested a million times takes a hundred times its size
 * once it is parsed, and breaks whoever recurses into it. Bytes that are no JSON get some answer.
 */
export function keepsShape(bytes: Uint8Array, { maxDepth, maxContainers }: JsonShape): boolean {
  let depth = 0;
  let containers = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) index = endOfString(bytes, index);
    else if (OPENING.has(byte)) {
      depth += 1;
      containers += 1;
      if (depth > maxDepth || containers > maxContainers) return false;
    } else if (CLOSING.has(byte)) depth -= 1;
  }
  return true;
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let before = end - 1;
    while (bytes[before] === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
  return bytes.length;
}
