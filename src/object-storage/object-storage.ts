import type { Readable } from 'node:stream';

/** Which server answers a signed link. */
export type ObjectServer = 's3' | 'local';

/** Checksums a store keeps of a whole object, each in base64 as S3 writes them. */
export interface ObjectChecksums {
  readonly crc32?: string;
  readonly sha256?: string;
  /** Eight bytes, big-endian. */
  readonly crc64nvme?: string;
}

/**
 * Whether the bytes of an object can be read at once. `archived`: only after a thaw. `thawing`: one was asked for. `thawed`: a
 * copy can be read until `until`.
 */
export const AvailabilityState = {
  Available: 'available',
  Archived: 'archived',
  Thawing: 'thawing',
  Thawed: 'thawed',
} as const;
export type AvailabilityState = (typeof AvailabilityState)[keyof typeof AvailabilityState];

export interface ObjectAvailability {
  readonly state: AvailabilityState;
  /** Of a thawed object: when it is archived again. */
  readonly until?: Date;
}

/** How fast a thaw is, and what it costs: S3's retrieval tiers. */
export const ThawTier = { Standard: 'Standard', Bulk: 'Bulk', Expedited: 'Expedited' } as const;
export type ThawTier = (typeof ThawTier)[keyof typeof ThawTier];

export interface ThawOptions {
  /** For how long the thawed copy is kept. */
  readonly days: number;
  readonly tier: ThawTier;
}

/** What a store knows of an object. */
export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  /** Opaque, without quotes; changes whenever the bytes change. */
  readonly etag: string;
  readonly contentType: string;
  readonly lastModified: Date;
  /** Empty where the store kept none. */
  readonly checksums: ObjectChecksums;
  /** S3's names: STANDARD, STANDARD_IA, GLACIER, ... */
  readonly storageClass: string;
  readonly availability: ObjectAvailability;
}

export interface PutOptions {
  readonly contentType: string;
  /** Bytes, where known before the first one arrives. A body of another length is an `IncompleteBodyError`. */
  readonly sizeBytes?: number;
  /** Create only: an object already under the key is a `KeyTakenError`, and stays as it was. */
  readonly ifAbsent?: boolean;
  /** Stops the transfer; the promise rejects with the signal's reason and nothing is stored. */
  readonly signal?: AbortSignal;
}

/** A stored object as the writer saw it: computed from the bytes sent, not read back. */
export interface PutResult {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly checksums: ObjectChecksums;
}

/** An inclusive range of bytes; without `end`, to the end of the object. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface ObjectContent {
  readonly info: ObjectInfo;
  /** The range that `body` holds, within `info.sizeBytes`; of an empty object 0 to -1. */
  readonly start: number;
  readonly end: number;
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
}

export interface ListOptions {
  readonly prefix?: string;
  /** Exclusive: the listing goes on behind this key. Pass the page's `nextStartAfter`. */
  readonly startAfter?: string;
  /** 1 to 1,000; default 1,000. */
  readonly limit?: number;
}

/** Objects in the order of their keys' UTF-8 bytes. */
export interface ObjectPage {
  readonly objects: readonly Omit<ObjectInfo, 'contentType' | 'checksums' | 'availability'>[];
  /** Absent on the last page. */
  readonly nextStartAfter?: string;
}

export interface DeleteManyResult {
  /** Keys that are not there now, whether or not they were before. */
  readonly deleted: readonly string[];
  readonly failed: readonly { readonly key: string; readonly code: string; readonly message: string }[];
}

/** One open multipart upload: what the store needs to find it again. */
export interface MultipartRef {
  readonly key: string;
  readonly uploadId: string;
}

export interface UploadedPart {
  readonly partNumber: number;
  /** Without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  /** CRC-32 in base64, where the store keeps one. */
  readonly crc32?: string;
  /** When it was sent, where the store was asked for it. */
  readonly modifiedAt?: Date;
}

/** What completing names of each part. */
export type CompletedPart = Pick<UploadedPart, 'partNumber' | 'etag'> & { readonly crc32?: string };

export interface PartPage {
  readonly parts: readonly UploadedPart[];
  /** Absent on the last page. */
  readonly nextAfterPartNumber?: number;
}

export interface OpenUpload extends MultipartRef {
  readonly initiatedAt: Date;
}

export interface UploadPage {
  readonly uploads: readonly OpenUpload[];
  /** Absent on the last page; pass both back as `after`. */
  readonly nextAfter?: MultipartRef;
}

/** A request that anyone may send until `expiresAt`. The URL holds a signature: it never goes to a log. */
export interface SignedRequest {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  /** Headers that must be sent exactly so. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

export interface PresignGetOptions {
  /** 1 to 604,800. */
  readonly expiresInSeconds: number;
  /** From when they count, cut to whole seconds; now where absent. */
  readonly signedAt?: Date;
  /** What the answer's headers will say, in place of what the object was stored with. */
  readonly contentType?: string;
  readonly contentDisposition?: string;
}

export interface PresignPutOptions {
  readonly expiresInSeconds: number;
  readonly contentType: string;
  /** The exact length that will be taken. */
  readonly sizeBytes: number;
  /** Signs `if-none-match: *` as a header to send: a second PUT answers 412. */
  readonly ifAbsent?: boolean;
  /** SHA-256 in base64, signed as a header to send and enforced by the store. */
  readonly sha256?: string;
}

export interface PresignPartOptions {
  readonly expiresInSeconds: number;
  /** 1 to 10,000. */
  readonly partNumber: number;
}

/** A form that anyone may post until `expiresAt`. Its fields hold a signature: they never go to a log. */
export interface SignedForm {
  readonly method: 'POST';
  readonly url: string;
  /** To be sent exactly so, as multipart/form-data, in front of the field `file`. */
  readonly fields: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

export interface PresignPostOptions {
  /** 1 to 604,800. */
  readonly expiresInSeconds: number;
  /** What the object is stored with; a form that says another is refused. */
  readonly contentType: string;
  /** Both inclusive. */
  readonly minSizeBytes: number;
  readonly maxSizeBytes: number;
}

/**
 * A bucket: objects by key, written whole or not at all, read by range, listed in order, handed out by signed link.
 *
 * Keys are 1 to 1,024 bytes of UTF-8 without control characters, else `InvalidKeyError`. "Not there" is `undefined` from
 * `find...` and `head`, and a fact; "could not ask" is `StoreUnavailableError`, and proves nothing.
 */
export abstract class ObjectStorage {
  /** The bucket's name; for the local store, the name given in the configuration. */
  abstract readonly bucket: string;
  /** Which server answers signed links. */
  abstract readonly server: ObjectServer;

  /** Asks the store whether the bucket can be used. Throws `StoreUnavailableError` or `BucketMissingError`. */
  abstract check(): Promise<void>;

  /**
   * Stores a stream of known or unknown length under a key, replacing what was there unless `ifAbsent`. Memory is bounded by
   * the part size, not by the body. When it rejects, the object is not there (or is what it was), and no multipart upload
   * of this call is open unless the store could not be reached to abort it. An error of the body is rethrown as it is. The
   * body stays the caller's: to be destroyed when the promise has settled.
   */
  abstract put(key: string, body: Readable, options: PutOptions): Promise<PutResult>;

  /**
   * Opens an object, or a range of it. A range that begins past the end is a `RangeNotSatisfiableError`, an object that has to
   * be thawed first an `ArchivedError`.
   */
  abstract find(key: string, range?: ByteRange): Promise<ObjectContent | undefined>;

  /** Facts about an object, its checksums included, without its bytes. */
  abstract head(key: string): Promise<ObjectInfo | undefined>;

  /**
   * Asks the store to make an archived object readable, which takes minutes to days; `head` says when it is. Asking again while
   * it is under way changes nothing, and afterwards keeps the copy for longer. Throws `ObjectMissingError`, `NotArchivedError`,
   * `ThawTierError` where this object cannot be thawed in this tier, `ThawUnsupportedError` where the store cannot at all.
   */
  abstract thaw(key: string, options: ThawOptions): Promise<void>;

  /** Removes an object. One that is not there is already removed. */
  abstract delete(key: string): Promise<void>;

  /** Removes any number of objects, 1,000 a request, and says which could not be removed and why. */
  abstract deleteMany(keys: readonly string[]): Promise<DeleteManyResult>;

  /** One page of a listing. */
  abstract list(options?: ListOptions): Promise<ObjectPage>;

  /**
   * Copies inside the store, replacing what is under `to` unless `ifAbsent`, when an object there is a `KeyTakenError`. Throws
   * `ObjectMissingError` when `from` is not there. Content type and checksums go along.
   */
  abstract copy(from: string, to: string, options?: { readonly ifAbsent?: boolean }): Promise<PutResult>;

  abstract createMultipart(key: string, options: { readonly contentType: string }): Promise<MultipartRef>;

  /** Sends one part of 5 MiB to 5 GiB (the last may be smaller). Sending a number again replaces the part. */
  abstract uploadPart(ref: MultipartRef, partNumber: number, bytes: Buffer): Promise<UploadedPart>;

  /** Parts by number. Throws `UploadMissingError` when the upload is not open. */
  abstract listParts(
    ref: MultipartRef,
    options?: { readonly afterPartNumber?: number; readonly limit?: number },
  ): Promise<PartPage>;

  /** Open multipart uploads by key, then by time. */
  abstract listUploads(options?: {
    readonly prefix?: string;
    readonly after?: MultipartRef;
    readonly limit?: number;
  }): Promise<UploadPage>;

  /**
   * Makes the object out of the named parts. Throws `InvalidPartError` for a part that is not there, out of order or (but
   * the last) under 5 MiB, `UploadMissingError` when the upload is not open, `KeyTakenError` with `ifAbsent`.
   */
  abstract completeMultipart(
    ref: MultipartRef,
    parts: readonly CompletedPart[],
    options?: { readonly ifAbsent?: boolean },
  ): Promise<PutResult>;

  /** Drops an upload and its parts. One that is not open is already dropped. */
  abstract abortMultipart(ref: MultipartRef): Promise<void>;

  abstract presignGet(key: string, options: PresignGetOptions): Promise<SignedRequest>;

  abstract presignPut(key: string, options: PresignPutOptions): Promise<SignedRequest>;

  abstract presignPart(ref: MultipartRef, options: PresignPartOptions): Promise<SignedRequest>;

  /**
   * Signs a form for a browser. Its policy binds the bucket, the key, the content type, the status 201 and the range of sizes.
   * A form cannot create only: posted again before it expires it replaces what is under the key, so the key must be one that
   * nothing else relies on. A key with `${filename}`, which stores fill in, is an `InvalidKeyError`.
   */
  abstract presignPost(key: string, options: PresignPostOptions): Promise<SignedForm>;
}
