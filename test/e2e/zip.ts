import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { fromBuffer, type Entry, type ZipFile as Opened } from 'yauzl';
import { ZipFile } from 'yazl';

/** A small ZIP with these parts: a DOCX, say, is one. */
export async function zipOf(parts: Readonly<Record<string, string>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(parts)) zip.addBuffer(Buffer.from(text), name, { compress: false });
  zip.end();
  return buffer(zip.outputStream);
}

/** An Office document that is recognised as such. */
export function officeFile(part: 'word/document' | 'ppt/presentation' | 'xl/workbook', main: string): Promise<Buffer> {
  return zipOf({
    '[Content_Types].xml': `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/${part}.xml" ContentType="application/vnd.openxmlformats-officedocument.${main}.main+xml"/></Types>`,
    '_rels/.rels': '<?xml version="1.0"?><Relationships/>',
    [`${part}.xml`]: '<?xml version="1.0"?><x/>',
  });
}

export interface Unzipped {
  readonly entry: Entry;
  readonly bytes: Buffer;
}

/** Every file of a ZIP by its path; throws for a ZIP that is not whole, and for paths that lead out of it. */
export async function unzip(bytes: Buffer): Promise<ReadonlyMap<string, Unzipped>> {
  const zip = await new Promise<Opened>((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true, strictFileNames: true, validateEntrySizes: true }, (error, opened) => {
      if (error) reject(error);
      else resolve(opened);
    });
  });
  const found = new Map<string, Unzipped>();
  for (let left = zip.entryCount; left > 0; left -= 1) {
    zip.readEntry();
    const [entry] = (await once(zip, 'entry')) as [Entry];
    const content = await new Promise<Buffer>((resolve, reject) => {
      zip.openReadStream(entry, (error, stream) => {
        if (error) reject(error);
        else buffer(stream).then(resolve, reject);
      });
    });
    if (found.has(entry.fileName)) throw new Error(`${entry.fileName} is there twice`);
    found.set(entry.fileName, { entry, bytes: content });
  }
  return found;
}
