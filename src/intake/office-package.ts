import { buffer } from 'node:stream/consumers';
import { contentTypeOf, type ByteRange, type ObjectStorage } from '../storage/index.js';
import { SNIFF_BYTES, sniffType, ZIP_TYPE } from './type-sniffer.js';

const OFFICE_EXTENSIONS: readonly string[] = ['.docx', '.pptx', '.xlsx'];
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
/** Far more than office files have; a directory is held as a whole. */
const MAX_DIRECTORY_BYTES = 4 * 1024 * 1024;
const MAX_TYPES_BYTES = 1024 * 1024;
const TYPES_PART = '[Content_Types].xml';

/** An entry of a ZIP's directory. */
interface ZipEntry {
  readonly method: number;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly plainBytes: number;
  readonly offset: number;
}

/** An object that is to be looked into. */
export interface StoredZip {
  readonly key: string;
  readonly sizeBytes: number;
}

/** Whether files of this extension are ZIPs whose parts say what they are. */
export function isOfficeFile(extension: string): boolean {
  return OFFICE_EXTENSIONS.includes(extension);
}

/**
 * What the beginning of a file is taken for until all of it is there. An office file may begin with parts that do not say what it
 * is: a large ZIP is believed for the time being.
 */
export function presumedType(foundType: string, { extension, head }: { extension: string; head: Buffer }): string {
  const undecided = foundType === ZIP_TYPE && isOfficeFile(extension) && head.length >= SNIFF_BYTES;
  return (undecided ? contentTypeOf(extension) : undefined) ?? foundType;
}

/**
 * The media type of a stored office file, by the directory at its end, which is what office programs go by; `application/zip`
 * when there is none that can be read (ZIP64 is not), or it does not say. Asks the store four times, and holds 5 MiB at the most.
 */
export async function officeType(storage: ObjectStorage, zip: StoredZip): Promise<string> {
  const part = await readTypesPart(storage, zip);
  return part === undefined ? ZIP_TYPE : sniffType(part);
}

/** A ZIP of the one part that names the types of the others: the file in small, for the same test as a small file. */
async function readTypesPart(storage: ObjectStorage, { key, sizeBytes }: StoredZip): Promise<Buffer | undefined> {
  const read = async ({ start, end = sizeBytes - 1 }: ByteRange): Promise<Buffer> => {
    if (start < 0 || end >= sizeBytes || start > end) return Buffer.alloc(0);
    const found = await storage.find(key, { start, end });
    return found === undefined ? Buffer.alloc(0) : buffer(found.body);
  };
  const tail = await read({ start: Math.max(0, sizeBytes - END_BYTES - MAX_COMMENT_BYTES) });
  const directory = directoryOf(tail);
  if (directory === undefined || directory.bytes > MAX_DIRECTORY_BYTES) return undefined;
  const entry = findTypes(await read({ start: directory.offset, end: directory.offset + directory.bytes - 1 }));
  if (entry === undefined || entry.compressedBytes > MAX_TYPES_BYTES || entry.plainBytes > MAX_TYPES_BYTES)
    return undefined;
  const head = await read({ start: entry.offset, end: entry.offset + LOCAL_BYTES - 1 });
  if (head.length < LOCAL_BYTES || head.readUInt32LE(0) !== LOCAL_SIGNATURE) return undefined;
  const start = entry.offset + LOCAL_BYTES + head.readUInt16LE(26) + head.readUInt16LE(28);
  return inSmall(entry, await read({ start, end: start + entry.compressedBytes - 1 }));
}

/** Where the directory lies, from the record that ends every ZIP. */
function directoryOf(tail: Buffer): { readonly offset: number; readonly bytes: number } | undefined {
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE || at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length)
      continue;
    return { bytes: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
  }
  return undefined;
}

/** The only entry of that name; none when there are two, as readers differ over which one counts. */
function findTypes(directory: Buffer): ZipEntry | undefined {
  let found: ZipEntry | undefined;
  for (let at = 0; at + ENTRY_BYTES <= directory.length;) {
    if (directory.readUInt32LE(at) !== ENTRY_SIGNATURE) return undefined;
    const nameEnd = at + ENTRY_BYTES + directory.readUInt16LE(at + 28);
    if (directory.toString('latin1', at + ENTRY_BYTES, nameEnd) === TYPES_PART) {
      if (found !== undefined) return undefined;
      found = {
        method: directory.readUInt16LE(at + 10),
        crc32: directory.readUInt32LE(at + 16),
        compressedBytes: directory.readUInt32LE(at + 20),
        plainBytes: directory.readUInt32LE(at + 24),
        offset: directory.readUInt32LE(at + 42),
      };
    }
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return found;
}

/** A local entry, whose head has what the directory says of it. */
function inSmall({ method, crc32, compressedBytes, plainBytes }: ZipEntry, content: Buffer): Buffer {
  const name = Buffer.from(TYPES_PART);
  const head = Buffer.alloc(LOCAL_BYTES);
  head.writeUInt32LE(LOCAL_SIGNATURE, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(method, 8);
  head.writeUInt32LE(crc32, 14);
  head.writeUInt32LE(compressedBytes, 18);
  head.writeUInt32LE(plainBytes, 22);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, name, content]);
}
