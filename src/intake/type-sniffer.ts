import { fileTypeFromBuffer } from 'file-type';

/** How many bytes decide. Enough for the containers we take; a DOCX names its parts within. */
export const SNIFF_BYTES = 64 * 1024;

const UNKNOWN = 'application/octet-stream';
/** What a ZIP is taken for whose parts do not say more. */
export const ZIP_TYPE = 'application/zip';
/** Bytes that plain text does not hold: controls but tab, line feed, form feed, carriage return and escape. */
const CONTROL = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/;

/** Types of files that may be text throughout, and begin with what nobody writes by chance. */
const WRITTEN = /^(?:text\/|application\/(?:pdf|rtf|postscript|illustrator)$|[^/]+\/[^/]+\+xml$)/;

/** Anchored and without nested repetition, so that no text makes them slow. */
const MARKUP: readonly (readonly [RegExp, string])[] = [
  [/^(?:<!doctype svg[^>]*>\s*)?<svg[\s/>]/i, 'image/svg+xml'],
  [
    /^<(?:!doctype html|html|head|body|script|iframe|style|title|table|a|div|p|br|h[1-6]|img|meta|link|form)[\s>/]/i,
    'text/html',
  ],
];

/** The media type that the first bytes of a file show; `application/octet-stream` when they show none. */
export async function sniffType(head: Buffer): Promise<string> {
  // It throws on some damaged archives, which are then of no type that it knows.
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  if (found !== undefined && found.mime !== 'application/xml' && !isWeak(found.mime)) return found.mime;
  return sniffText(head) ?? found?.mime ?? UNKNOWN;
}

/** Whether a type says less than the bytes being text: `BM` begins a bitmap, and a report on BMW. */
function isWeak(mime: string): boolean {
  return !WRITTEN.test(mime);
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
  const { isXml, rest } = withoutPreamble(text);
  const markup = MARKUP.find(([pattern]) => pattern.test(rest))?.[1];
  return markup ?? (isXml ? 'application/xml' : 'text/plain');
}

/** What follows the XML declaration and the comments that a document may begin with. */
function withoutPreamble(text: string): { readonly isXml: boolean; readonly rest: string } {
  let rest = text.trimStart();
  const isXml = /^<\?xml[\s?]/i.test(rest);
  if (isXml) rest = after(rest, '?>');
  while (rest.startsWith('<!--')) rest = after(rest, '-->');
  return { isXml, rest };
}

function after(text: string, end: string): string {
  const index = text.indexOf(end);
  return index < 0 ? '' : text.slice(index + end.length).trimStart();
}
