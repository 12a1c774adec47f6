import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../config/index.js';
import { isMissing, onDisk } from './disk-errors.js';
import { makeFolders } from './durable-files.js';
import type { LinkToSign, LocalLinkSigner } from './local-link-signer.js';
import { deleteObjects, listObjects } from './local-listing.js';
import { assertPartNumber, LocalMultipart, toPart } from './local-multipart.js';
import { LocalMultipartCompletion } from './local-multipart-completion.js';
import type { ObjectFileReader, StoredFacts } from './local-object-file.js';
import { LocalObjectStore } from './local-object-store.js';
import { writeOrDiscard, type ObjectFileWriter, type ReceiveOptions } from './local-object-writer.js';
import { LocalTempFiles } from './local-temp-files.js';
import {
  assertObjectKey,
  AvailabilityState,
  BucketMissingError,
  type ByteRange,
  ChecksumMismatchError,
  type CompletedPart,
  type DeleteManyResult,
  KeyTakenError,
  type ListOptions,
  MAX_PAGE,
  type MultipartRef,
  NotArchivedError,
  type ObjectContent,
  type ObjectInfo,
  ObjectMissingError,
  type ObjectPage,
  ObjectStorage,
  type PartPage,
  type PresignGetOptions,
  type PresignPartOptions,
  type PresignPostOptions,
  type PresignPutOptions,
  type PutOptions,
  type PutResult,
  RangeNotSatisfiableError,
  type SignedForm,
  type SignedRequest,
  type UploadedPart,
  type UploadPage,
} from '../object-storage/index.js';

export interface LocalStorageOptions {
  /** The folder of all local buckets. */
  readonly root: string;
  readonly bucket: string;
  readonly signer: LocalLinkSigner;
  readonly clock: Clock;
}

/** What a body that comes over a signed link may bring along. */
export type LocalPutOptions = PutOptions & {
  /** In base64; a body with another is a `ChecksumMismatchError`. */
  readonly sha256?: string;
};

/** An object that is open: whatever becomes of its key, these are its facts and bytes. Read it once or close it. */
export interface OpenObject {
  readonly info: ObjectInfo;
  /** Inclusive, and within the object; without a range, all of it. */
  read(range?: Required<ByteRange>): Promise<Readable>;
  close(): Promise<void>;
}

/**
 * A bucket in a folder of this machine's disk. An ETag is random for each write, and for a multipart upload the hash of its
 * parts' ETags: it tells two states of a key apart, and is not a digest.
 */
export class LocalObjectStorage extends ObjectStorage {
  override readonly bucket: string;
  override readonly server = 'local';
  private readonly store: LocalObjectStore;
  private readonly multipart: LocalMultipart;
  private readonly completion: LocalMultipartCompletion;

  private constructor(
    private readonly folders: BucketFolders,
    private readonly options: LocalStorageOptions,
    temp: LocalTempFiles,
  ) {
    super();
    this.bucket = options.bucket;
    this.store = new LocalObjectStore(folders.keys, temp);
    this.multipart = new LocalMultipart(folders.uploads, temp);
    this.completion = new LocalMultipartCompletion(this.store, this.multipart);
  }

  /** Makes the bucket's folders, and removes what processes that died had not finished writing. */
  static async open(options: LocalStorageOptions): Promise<LocalObjectStorage> {
    const folders = foldersOf(join(options.root, options.bucket));
    const temp = await onDisk('open', async () => {
      await makeFolders(folders.keys);
      await makeFolders(folders.uploads);
      return LocalTempFiles.open(folders.temp);
    });
    return new LocalObjectStorage(folders, options, temp);
  }

  override async check(): Promise<void> {
    await onDisk('check', async () => {
      try {
        await access(this.folders.keys, constants.R_OK | constants.W_OK);
      } catch (error) {
        if (isMissing(error)) throw new BucketMissingError(this.bucket, { cause: error });
        throw error;
      }
    });
  }

  override async put(key: string, body: Readable, options: LocalPutOptions): Promise<PutResult> {
    assertObjectKey(key);
    const { contentType, ifAbsent, sha256, signal } = options;
    signal?.throwIfAborted();
    if (ifAbsent === true && (await this.store.facts(key))) throw new KeyTakenError(key);
    const file = await this.store.newFile({ sha256: sha256 !== undefined });
    return writeOrDiscard(file, async () => {
      await file.receive(body, options);
      const facts = await file.finish({ key, contentType, lastModified: this.now() });
      if (sha256 !== undefined && facts.checksums.sha256 !== sha256) throw new ChecksumMismatchError();
      signal?.throwIfAborted();
      await this.store.publish(file, key, { ifAbsent });
      return toResult(facts);
    });
  }

  override async find(key: string, range?: ByteRange): Promise<ObjectContent | undefined> {
    const object = await this.openObject(key);
    if (!object) return undefined;
    const { sizeBytes } = object.info;
    const { start, end = Infinity } = range ?? { start: 0 };
    if (range && start >= sizeBytes) {
      await object.close();
      throw new RangeNotSatisfiableError(sizeBytes);
    }
    const within = { start, end: Math.min(end, sizeBytes - 1) };
    return { info: object.info, ...within, body: await object.read(within) };
  }

  override async head(key: string): Promise<ObjectInfo | undefined> {
    assertObjectKey(key);
    const facts = await this.store.facts(key);
    return facts && toInfo(facts);
  }

  /** As `find`, for who decides on the range after seeing the facts. */
  async openObject(key: string): Promise<OpenObject | undefined> {
    assertObjectKey(key);
    const reader = await this.store.open(key);
    return reader && toOpenObject(reader);
  }

  /** Nothing is ever archived here. */
  override async thaw(key: string): Promise<void> {
    const info = await this.head(key);
    if (!info) throw new ObjectMissingError(key);
    throw new NotArchivedError(info.storageClass);
  }

  override async delete(key: string): Promise<void> {
    assertObjectKey(key);
    await this.store.delete(key);
  }

  override async deleteMany(keys: readonly string[]): Promise<DeleteManyResult> {
    keys.forEach(assertObjectKey);
    return deleteObjects(this.store, keys);
  }

  override list(options: ListOptions = {}): Promise<ObjectPage> {
    return listObjects(this.store, options);
  }

  override async copy(
    from: string,
    to: string,
    { ifAbsent }: { readonly ifAbsent?: boolean } = {},
  ): Promise<PutResult> {
    assertObjectKey(to);
    if (ifAbsent === true && (await this.store.facts(to))) throw new KeyTakenError(to);
    const source = await this.openObject(from);
    if (!source) throw new ObjectMissingError(from);
    const { contentType, checksums, sizeBytes } = source.info;
    const body = await source.read();
    try {
      const file = await this.store.newFile({ sha256: checksums.sha256 !== undefined });
      return await writeOrDiscard(file, async () => {
        await file.receive(body, { sizeBytes });
        const facts = await file.finish({ key: to, contentType, lastModified: this.now() });
        await this.store.publish(file, to, { ifAbsent });
        return toResult(facts);
      });
    } finally {
      body.destroy();
    }
  }

  override async createMultipart(key: string, options: { readonly contentType: string }): Promise<MultipartRef> {
    assertObjectKey(key);
    return this.multipart.create({ key, contentType: options.contentType }, this.options.clock.now());
  }

  override async uploadPart(ref: MultipartRef, partNumber: number, bytes: Buffer): Promise<UploadedPart> {
    return this.putPart(ref, partNumber, (file) => file.append(bytes));
  }

  /** As `uploadPart`, from a stream: nothing of it is held in memory. */
  async receivePart(
    ref: MultipartRef,
    partNumber: number,
    body: Readable,
    options: ReceiveOptions = {},
  ): Promise<UploadedPart> {
    return this.putPart(ref, partNumber, (file) => file.receive(body, options));
  }

  override async listParts(
    ref: MultipartRef,
    options: { readonly afterPartNumber?: number; readonly limit?: number } = {},
  ): Promise<PartPage> {
    assertObjectKey(ref.key);
    return this.multipart.listParts(ref, { after: options.afterPartNumber, limit: options.limit });
  }

  override listUploads(
    options: { readonly prefix?: string; readonly after?: MultipartRef; readonly limit?: number } = {},
  ): Promise<UploadPage> {
    return this.multipart.listUploads({ limit: MAX_PAGE, ...options });
  }

  override async completeMultipart(
    ref: MultipartRef,
    parts: readonly CompletedPart[],
    options: { readonly ifAbsent?: boolean } = {},
  ): Promise<PutResult> {
    assertObjectKey(ref.key);
    return toResult(await this.completion.complete(ref, parts, { ...options, now: this.options.clock.now() }));
  }

  override async abortMultipart(ref: MultipartRef): Promise<void> {
    assertObjectKey(ref.key);
    await this.completion.abort(ref);
  }

  override async presignGet(key: string, options: PresignGetOptions): Promise<SignedRequest> {
    const { expiresInSeconds, signedAt, contentType, contentDisposition } = options;
    return this.presign({
      method: 'GET',
      key,
      expiresInSeconds,
      signedAt,
      parameters: {
        ...(contentDisposition !== undefined && { 'response-content-disposition': contentDisposition }),
        ...(contentType !== undefined && { 'response-content-type': contentType }),
      },
    });
  }

  override async presignPut(key: string, options: PresignPutOptions): Promise<SignedRequest> {
    const { expiresInSeconds, contentType, sizeBytes, ifAbsent, sha256 } = options;
    return this.presign({
      method: 'PUT',
      key,
      expiresInSeconds,
      headers: {
        'content-length': String(sizeBytes),
        'content-type': contentType,
        ...(ifAbsent === true && { 'if-none-match': '*' }),
        ...(sha256 !== undefined && { 'x-amz-checksum-sha256': sha256 }),
      },
    });
  }

  override async presignPart(ref: MultipartRef, options: PresignPartOptions): Promise<SignedRequest> {
    const { expiresInSeconds, partNumber } = options;
    assertPartNumber(partNumber);
    return this.presign({
      method: 'PUT',
      key: ref.key,
      expiresInSeconds,
      parameters: { partNumber: String(partNumber), uploadId: ref.uploadId },
    });
  }

  override presignPost(key: string, options: PresignPostOptions): Promise<SignedForm> {
    return new Promise((resolve) => {
      assertObjectKey(key);
      resolve(this.options.signer.forms.sign(key, options));
    });
  }

  private async putPart(
    ref: MultipartRef,
    partNumber: number,
    fill: (file: ObjectFileWriter) => Promise<void>,
  ): Promise<UploadedPart> {
    assertObjectKey(ref.key);
    assertPartNumber(partNumber);
    const { key, contentType } = await this.multipart.get(ref);
    return writeOrDiscard(await this.store.newFile(), async (file) => {
      await fill(file);
      const facts = await file.finish({ key, contentType, lastModified: this.now() });
      await this.multipart.publishPart(ref, partNumber, file);
      return toPart(partNumber, facts);
    });
  }

  private presign(link: LinkToSign): Promise<SignedRequest> {
    return new Promise((resolve) => {
      assertObjectKey(link.key);
      resolve(this.options.signer.sign(link));
    });
  }

  private now(): string {
    return this.options.clock.now().toISOString();
  }
}

interface BucketFolders {
  readonly keys: string;
  readonly uploads: string;
  readonly temp: string;
}

function foldersOf(path: string): BucketFolders {
  return { keys: join(path, 'keys'), uploads: join(path, 'uploads'), temp: join(path, 'temp') };
}

function toResult({ sizeBytes, etag, checksums }: StoredFacts): PutResult {
  return { sizeBytes, etag, checksums };
}

function toInfo(facts: StoredFacts): ObjectInfo {
  const { key, sizeBytes, etag, contentType, checksums, storageClass } = facts;
  return {
    key,
    sizeBytes,
    etag,
    contentType,
    lastModified: new Date(facts.lastModified),
    checksums,
    storageClass,
    availability: { state: AvailabilityState.Available },
  };
}

function toOpenObject(reader: ObjectFileReader): OpenObject {
  const info = toInfo(reader.facts);
  return {
    info,
    read: (range = { start: 0, end: info.sizeBytes - 1 }) => reader.read(range),
    close: () => reader.close(),
  };
}
