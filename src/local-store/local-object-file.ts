import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { isMissing, onDisk } from './disk-errors.js';
import { type ByteRange, type ObjectChecksums, StoreUnavailableError } from '../object-storage/index.js';

/*
 * An object's file: its bytes, then what is known of them as JSON, then a footer of 16 bytes (the JSON's length and its
 * CRC-32, both big-endian, and eight bytes that name the format). One rename swaps bytes and facts together, and a file
 * explains itself: its first `sizeBytes` bytes are the object, whatever else is lost.
 */

const FORMAT = Buffer.from('CTLSTOB1', 'latin1');
const FOOTER_BYTES = 16;
/** Facts and footer of all but the longest keys, in one read. */
const TAIL_BYTES = 1024;
const READ_BYTES = 256 * 1024;

/** What the end of an object's file says. */
export interface StoredFacts {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly contentType: string;
  /** ISO 8601. */
  readonly lastModified: string;
  readonly checksums: ObjectChecksums;
  readonly storageClass: string;
  /** The multipart upload that the object was made of. */
  readonly uploadId?: string;
}

/** What follows the bytes in the file. */
export function encodeFacts(facts: StoredFacts): Buffer {
  const json = Buffer.from(JSON.stringify(facts));
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.writeUInt32BE(json.length, 0);
  footer.writeUInt32BE(crc32(json), 4);
  FORMAT.copy(footer, 8);
  return Buffer.concat([json, footer]);
}

/** An object's file, open: a reader keeps its bytes whatever becomes of the key. Read it or close it. */
export class ObjectFileReader {
  private constructor(
    readonly facts: StoredFacts,
    private readonly file: FileHandle,
  ) {}

  /** Undefined where there is no file. */
  static async open(path: string): Promise<ObjectFileReader | undefined> {
    const file = await openIfThere(path);
    if (!file) return undefined;
    try {
      return new ObjectFileReader(await onDisk('read', () => readFacts(file)), file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The bytes of a range that lies within the object; the stream closes the file. */
  async read(range: Required<ByteRange>): Promise<Readable> {
    if (range.end >= range.start) return this.stream(range);
    await this.file.close();
    return Readable.from([], { objectMode: false });
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private stream(range: Required<ByteRange>): Readable {
    return this.file.createReadStream({ ...range, highWaterMark: READ_BYTES });
  }
}

/** The facts at the end of a file; undefined where there is no file. */
export async function readObjectFacts(path: string): Promise<StoredFacts | undefined> {
  const reader = await ObjectFileReader.open(path);
  await reader?.close();
  return reader?.facts;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return onDisk('read', async () => {
    try {
      return await open(path, 'r');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  });
}

async function readFacts(file: FileHandle): Promise<StoredFacts> {
  const { size } = await file.stat();
  let tail = await readTail(file, size, TAIL_BYTES);
  const jsonBytes = tail.length < FOOTER_BYTES ? 0 : tail.readUInt32BE(tail.length - FOOTER_BYTES);
  if (tail.length < FOOTER_BYTES || !tail.subarray(-FORMAT.length).equals(FORMAT)) throw damaged('has no footer');
  if (jsonBytes + FOOTER_BYTES > size) throw damaged('is cut off');
  if (jsonBytes + FOOTER_BYTES > tail.length) tail = await readTail(file, size, jsonBytes + FOOTER_BYTES);
  const json = tail.subarray(tail.length - FOOTER_BYTES - jsonBytes, -FOOTER_BYTES);
  if (crc32(json) !== tail.readUInt32BE(tail.length - FOOTER_BYTES + 4)) throw damaged('has altered facts');
  // The CRC-32 says that these are the very bytes that `finish` wrote.
  const facts = JSON.parse(json.toString('utf8')) as StoredFacts;
  if (facts.sizeBytes + jsonBytes + FOOTER_BYTES !== size) throw damaged('has another size than its facts say');
  return facts;
}

async function readTail(file: FileHandle, size: number, atMost: number): Promise<Buffer> {
  const length = Math.min(size, atMost);
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, size - length);
  if (bytesRead !== length) throw damaged('is cut off');
  return buffer;
}

function damaged(how: string): StoreUnavailableError {
  return new StoreUnavailableError('read', { cause: new Error(`A file of the local store ${how}.`) });
}
