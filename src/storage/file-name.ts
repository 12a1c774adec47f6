import { endsLikeSuffix, splitExtension } from './key-template.js';

const MAX_ORIGINAL_CHARACTERS = 255;
const MAX_KEY_BYTES = 120;
const MAX_KEY_EXTENSION_BYTES = 20;

/** Controls (Cc), format characters (Cf: bidirectional marks, zero-width), line and paragraph separators, lone surrogates. */
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * The name a user gave a file, made safe to keep and to show: base name only, NFC, without control and bidirectional
 * characters, at most 255 characters with its extension kept. Empty when nothing is left.
 */
export function originalFilename(given: string): string {
  const base = given.slice(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1);
  const clean = base.normalize('NFC').replace(UNSAFE, '').trim();
  if (clean === '' || /^\.+$/.test(clean)) return '';
  const characters = Array.from(clean);
  if (characters.length <= MAX_ORIGINAL_CHARACTERS) return clean;
  const extension = Array.from(splitExtension(clean).extension).slice(0, MAX_KEY_EXTENSION_BYTES);
  return [...characters.slice(0, MAX_ORIGINAL_CHARACTERS - extension.length), ...extension].join('');
}

/**
 * The name as it stands in an object key: `[A-Za-z0-9._-]`, at most 120 bytes, extension kept. Accents are dropped, other
 * characters become `_`. A stem that ends like the number of a taken name (`take-2`) gets `_` there, so that keys parse back.
 */
export function keyFilename(original: string): string {
  const { stem, extension } = splitExtension(original);
  const safeExtension = plain(extension.slice(1)).slice(0, MAX_KEY_EXTENSION_BYTES);
  const tail = safeExtension === '' ? '' : `.${safeExtension}`;
  const room = MAX_KEY_BYTES - tail.length;
  const safeStem =
    plain(stem)
      .slice(0, room)
      .replace(/^[.-]+|[._-]+$/g, '') || 'file';
  return (endsLikeSuffix(safeStem) ? safeStem.replace(/-(\d+)$/, '_$1') : safeStem) + tail;
}

/** The extension as kinds list it: with its dot, in lower case; empty when there is none. */
export function extensionOf(filename: string): string {
  return splitExtension(filename).extension.toLowerCase();
}

function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '_');
}
