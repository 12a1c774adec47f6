import { errorMessage } from '../errors/index.js';
import { assertShape, readJson } from '../http/index.js';
import { InvalidContentError } from './sessions.errors.js';

/** Bytes of a JSON body that brings content; also of a form's file. */
export const MAX_CONTENT_BYTES = 10 * 1024 * 1024;
/** Deeper JSON is nobody's result, and breaks readers that recurse. */
export const MAX_JSON_DEPTH = 64;
const SHAPE = { maxDepth: MAX_JSON_DEPTH, maxContainers: 500_000 };

/** Controls (C0, DEL) but tab, line feed, form feed and carriage return. */
const CONTROL = /[\u0000-\u0008\u000b\u000e-\u001f\u007f]/;
const VTT = /^\ufeff?WEBVTT(?:[ \t\r\n]|$)/;
const SRT_CUE = /^\ufeff?\d+[ \t]*\r?\n\d{2,}:\d{2}:\d{2}[,.]\d{3} --> \d{2,}:\d{2}:\d{2}[,.]\d{3}/m;

/**
 * The bytes of posted JSON: an object or an array, or a string that holds one, which is kept as it is. Throws
 * `InvalidContentError`.
 */
export function jsonContent(content: unknown): Buffer {
  if (typeof content === 'string') {
    const bytes = Buffer.from(wellFormed(content));
    assertContainer(readable(() => readJson(bytes, SHAPE)));
    return bytes;
  }
  assertContainer(content);
  const bytes = Buffer.from(JSON.stringify(content));
  readable(() => {
    assertShape(bytes, SHAPE);
  });
  return bytes;
}

/** The bytes of a posted transcript, which must be what the extension says. Throws `InvalidContentError`. */
export function transcriptContent(extension: string, content: unknown): Buffer {
  if (extension === '.json') return jsonContent(content);
  if (typeof content !== 'string') throw new InvalidContentError('it must be a string');
  const text = wellFormed(content);
  if (CONTROL.test(text)) throw new InvalidContentError('it has control characters');
  if (extension === '.vtt' && !VTT.test(text)) throw new InvalidContentError('WebVTT begins with WEBVTT');
  if (extension === '.srt' && !SRT_CUE.test(text)) throw new InvalidContentError('it has no SubRip cue');
  return Buffer.from(text);
}

/** The text of a file that must be UTF-8. */
export function utf8Text(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidContentError('it is not UTF-8', { cause });
  }
}

function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new InvalidContentError('it has half a character (a lone surrogate)');
  return text;
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new InvalidContentError(errorMessage(cause), { cause });
  }
}

function assertContainer(content: unknown): void {
  if (typeof content !== 'object' || content === null)
    throw new InvalidContentError('it must be a JSON object or array, or a string that holds one');
}
