import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** One file of a ZIP. */
export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer | string;
  /** Deflated where absent. */
  readonly stored?: true;
  /** Its sizes come behind it, in a data descriptor, as in a ZIP that was streamed. */
  readonly streamed?: true;
}

/** The main part's content type, by what an office program calls the document. */
const MAIN = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml',
  docm: 'application/vnd.ms-word.document.macroEnabled.main+xml',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml',
  xlsm: 'application/vnd.ms-excel.sheet.macroEnabled.main+xml',
} as const;
const PART = {
  docx: 'word/document.xml',
  docm: 'word/document.xml',
  pptx: 'ppt/presentation.xml',
  xlsx: 'xl/workbook.xml',
  xlsm: 'xl/workbook.xml',
} as const;
export type OfficeFormat = keyof typeof MAIN;

/** A ZIP of these entries, in this order. */
export async function zip(entries: readonly ZipEntry[]): Promise<Buffer> {
  const file = new ZipFile();
  for (const { name, content, stored = false, streamed = false } of entries) {
    const bytes = Buffer.from(content);
    if (!streamed) {
      file.addBuffer(bytes, name, { compress: !stored });
      continue;
    }
    file.addReadStreamLazy(name, { compress: !stored }, (callback) => {
      callback(null, Readable.from([bytes]));
    });
  }
  file.end();
  return buffer(file.outputStream);
}

/** The parts that make a package what it is: its content types, and its main part. */
export function officeParts(format: OfficeFormat): { readonly types: ZipEntry; readonly rest: readonly ZipEntry[] } {
  const types =
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">' +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    `<Override PartName="/${PART[format]}" ContentType="${MAIN[format]}"/></Types>`;
  const relations =
    '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' +
    `<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="${PART[format]}"/></Relationships>`;
  return {
    types: { name: '[Content_Types].xml', content: types },
    rest: [
      { name: '_rels/.rels', content: relations },
      { name: PART[format], content: '<?xml version="1.0"?><document>A charter of the young.</document>' },
    ],
  };
}

/** A small package, laid out as Microsoft's programs do. */
export function office(format: OfficeFormat): Promise<Buffer> {
  const { types, rest } = officeParts(format);
  return zip([types, ...rest]);
}

/** A picture that does not compress, larger than what is looked at of a file's beginning. */
export function bigEntry(name: string): ZipEntry {
  return { name, content: randomBytes(300_000), stored: true };
}

/** The smallest file that every PDF reader takes for one; `text` makes two of them differ. */
export function pdf(text: string): Buffer {
  return Buffer.from(
    `%PDF-1.4\n% ${text}\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n`,
  );
}
