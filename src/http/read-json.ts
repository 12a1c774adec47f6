import { errorMessage } from '../errors/index.js';
import { keepsShape, type JsonShape } from './json-shape.js';

const SHOWN_CHARACTERS = 120;

/** Why bytes are not read as JSON, in words that go on from "the file: ". The caller gives it a code. */
export class UnreadableJsonError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'UnreadableJsonError';
  }
}

/** Throws `UnreadableJsonError` for JSON that has more structure than it may; looks at its bytes alone. */
export function assertShape(bytes: Uint8Array, shape: JsonShape): void {
  if (keepsShape(bytes, shape)) return;
  const { maxDepth, maxContainers } = shape;
  throw new UnreadableJsonError(
    `it is nested deeper than ${maxDepth} levels, or has more than ${maxContainers} objects and arrays`,
  );
}

/** JSON in UTF-8 without byte order mark; its shape is looked at first, as parsed it may take a hundred times the room. */
export function readJson(bytes: Uint8Array, shape: JsonShape): unknown {
  assertShape(bytes, shape);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as unknown;
  } catch (cause) {
    const reason = errorMessage(cause).slice(0, SHOWN_CHARACTERS);
    throw new UnreadableJsonError(`it is not JSON in UTF-8 without byte order mark (${reason})`, { cause });
  }
}
