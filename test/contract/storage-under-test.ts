import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type {
  ByteRange,
  ObjectInfo,
  ObjectStorage,
  PutOptions,
  PutResult,
  SignedRequest,
} from '../../src/object-storage/object-storage.js';

export const MEBIBYTE = 1024 * 1024;

/** S3's least size of a part that is not the last. The adapters under test send bodies from this size on in parts of it. */
export const PART_BYTES = 5 * MEBIBYTE;

export const OCTETS = 'application/octet-stream';

/**
 * Where a real store is known to do less than the contract.
 * `signed-sha256-unverified`: takes a body that does not have the SHA-256 in the signed header.
 * `every-part-named`: completes only with every part that was sent (Ceph).
 * `unsigned-type-refused`: answers 403 to a Content-Type that the link did not sign (Ceph 19.2.6 and 20.2.4; fixed since).
 * `uploads-loosely-ordered`: lists open uploads by key and upload id as one word, so that `a-b` precedes `a` (Ceph).
 */
export type KnownGap =
  'signed-sha256-unverified' | 'every-part-named' | 'uploads-loosely-ordered' | 'unsigned-type-refused';

/** One adapter with an empty bucket behind it, or a bucket in which nobody else writes below the contract's own prefixes. */
export interface StorageUnderTest {
  readonly storage: ObjectStorage;
  close(): Promise<void>;
  /** Sends signed requests; the global `fetch` unless given. */
  readonly fetch?: typeof fetch;
  readonly gaps?: readonly KnownGap[];
}

/** What the behaviours work with: the adapter, once it is open, and key prefixes that no two behaviours share. */
export interface Subject {
  readonly storage: ObjectStorage;
  readonly gaps: readonly KnownGap[];
  /** Sends what no signed request describes. */
  readonly fetch: typeof fetch;
  /** A new prefix, ending in a slash. */
  folder(): string;
  /** Sends a signed request as a stranger would: its headers, exactly, and nothing of ours. */
  send(request: SignedRequest, options?: SendOptions): Promise<Response>;
}

export interface SendOptions {
  readonly method?: string;
  readonly url?: string;
  readonly body?: Buffer;
  /** On top of, or in place of, those of the signed request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Names, in lower case, to leave out. */
  readonly without?: readonly string[];
}

export function subjectOf(opened: () => StorageUnderTest): Subject {
  const run = `c-${randomBytes(4).toString('hex')}`;
  let folders = 0;
  return {
    get storage() {
      return opened().storage;
    },
    get gaps() {
      return opened().gaps ?? [];
    },
    get fetch() {
      return opened().fetch ?? fetch;
    },
    folder() {
      folders += 1;
      return `${run}/${folders}/`;
    },
    async send(request, { method, url, body, headers: others = {}, without = [] } = {}) {
      const headers = new Headers({ ...request.headers });
      for (const [name, value] of Object.entries(others)) headers.set(name, value);
      // `fetch` writes these two itself, out of the URL and the body.
      for (const name of ['host', 'content-length', ...without]) headers.delete(name);
      const send = opened().fetch ?? fetch;
      return send(url ?? request.url, {
        method: method ?? request.method,
        headers,
        ...(body && { body: new Uint8Array(body) }),
      });
    },
  };
}

/** Bytes that do not compress and differ each time. */
export function someBytes(sizeBytes: number): Buffer {
  return randomBytes(sizeBytes);
}

/** A body that comes in pieces, as from a socket. */
export function bodyOf(bytes: Buffer | string, pieceBytes = 64 * 1024): Readable {
  return Readable.from(piecesOf(Buffer.from(bytes), pieceBytes), { objectMode: false });
}

/** A body that sends some bytes and then fails. */
export function bodyThatFails(bytes: Buffer, error: Error): Readable {
  return Readable.from(
    (function* () {
      yield* piecesOf(bytes, 64 * 1024);
      throw error;
    })(),
    { objectMode: false },
  );
}

/** A body that sends some bytes and then neither ends nor fails. End it or destroy it. */
export function bodyThatStalls(bytes: Buffer): PassThrough {
  const stream = new PassThrough({ highWaterMark: bytes.length + 1 });
  stream.write(bytes);
  return stream;
}

function* piecesOf(bytes: Buffer, pieceBytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

export function put(
  storage: ObjectStorage,
  key: string,
  bytes: Buffer | string,
  options: Partial<PutOptions> = {},
): Promise<PutResult> {
  return storage.put(key, bodyOf(bytes), { contentType: OCTETS, ...options });
}

/** The bytes under a key, or a range of them; `undefined` when there is no object. */
export async function read(storage: ObjectStorage, key: string, range?: ByteRange): Promise<Buffer | undefined> {
  const content = await storage.find(key, range);
  return content && bytesOf(content.body);
}

/** As `read`, as text. */
export async function readText(storage: ObjectStorage, key: string): Promise<string | undefined> {
  return (await read(storage, key))?.toString('utf8');
}

export async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The facts about an object that has to be there. */
export async function facts(storage: ObjectStorage, key: string): Promise<ObjectInfo> {
  const info = await storage.head(key);
  if (!info) throw new Error('The object is not there.');
  return info;
}

/** CRC-32 as S3 writes it: base64 of four bytes, big-endian. */
export function crc32Of(bytes: Buffer | string): string {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(bytes));
  return four.toString('base64');
}

/** All keys below a prefix, page by page. */
export async function keysBelow(storage: ObjectStorage, prefix: string, limit?: number): Promise<string[]> {
  const keys: string[] = [];
  let startAfter: string | undefined;
  do {
    const page = await storage.list({
      prefix,
      ...(limit && { limit }),
      ...(startAfter !== undefined && { startAfter }),
    });
    keys.push(...page.objects.map((object) => object.key));
    startAfter = page.nextStartAfter;
  } while (startAfter !== undefined);
  return keys;
}

export function inByteOrder(keys: readonly string[]): string[] {
  return keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** How many multipart uploads are open below a prefix. */
export async function openUploads(storage: ObjectStorage, prefix: string): Promise<number> {
  return (await storage.listUploads({ prefix })).uploads.length;
}

export function withoutQuotes(etag: string | null): string {
  return (etag ?? '').replace(/^"|"$/g, '');
}

export function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000));
}
