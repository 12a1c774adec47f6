import { fileTypeFromBuffer } from 'file-type';

/** How many bytes decide. Enough for the containers we take; a DOCX names its parts within. */
export const SNIFF_BYTES = 64 * 1024;

const UNKNOWN = 'application/octet-stream';
/** Bytes that plain text does not hold: controls but tab, line feed, form feed, carriage return and escape. */
const CONTROL = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/;

const MARKUP: readonly (readonly [RegExp, string])[] = [
  [/^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*(?:<!doctype svg[^>]*>\s*)?<svg[\s/>]/i, 'image/svg+xml'],
  [
    /^(?:<!--[\s\S]*?-->\s*)*<(?:!doctype html|html|head|body|script|iframe|style|title|table|a|div|p|br|h[1-6]|img|meta|link|form)[\s>/]/i,
    'text/html',
  ],
  [/^<\?xml[\s>]/i, 'application/xml'],
];

/** The media type that the first bytes of a file show; `application/octet-stream` when they show none. */
export async function sniffType(head: Buffer): Promise<string> {
  const found = await fileTypeFromBuffer(head);
  if (found !== undefined && found.mime !== 'application/xml') return found.mime;
  return sniffText(head) ?? found?.mime ?? UNKNOWN;
}

function sniffText(head: Buffer): string | undefined {
  let text: string;
  try {
    // A sample may end within a character: `stream` keeps the torn end out of the verdict.
    text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
  } catch {
    return undefined;
  }
  if (CONTROL.test(text)) return undefined;
  const start = text.trimStart();
  return MARKUP.find(([pattern]) => pattern.test(start))?.[1] ?? 'text/plain';
}
