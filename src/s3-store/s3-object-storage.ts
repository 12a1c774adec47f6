import type { Readable } from 'node:stream';
import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { S3Clients } from '../s3/index.js';
import {
  assertObjectKey,
  type ByteRange,
  type CompletedPart,
  type DeleteManyResult,
  type ListOptions,
  MAX_COPY_BYTES,
  type MultipartRef,
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
  type SignedForm,
  type SignedRequest,
  type ThawOptions,
  type UploadedPart,
  type UploadPage,
} from '../object-storage/index.js';
import { S3Bucket } from './s3-bucket.js';
import { findObject } from './s3-content.js';
import { S3Copy } from './s3-copy.js';
import { deleteObjects, listObjects } from './s3-listing.js';
import { signForm } from './s3-form.js';
import { S3Multipart } from './s3-multipart.js';
import { S3Presigner } from './s3-presign.js';
import { S3Put } from './s3-put.js';
import { thawObject } from './s3-thaw.js';

const PARTS_IN_FLIGHT = 3;

export interface S3StorageOptions {
  readonly bucket: string;
  readonly multipartThresholdBytes: number;
  readonly multipartPartSizeBytes: number;
  /** Parts of one body sent at once; default 3. */
  readonly partsInFlight?: number;
  /** Copies of more than this go in parts of this size; default and most 5 GiB. */
  readonly copyPartBytes?: number;
}

/** A bucket of S3, or of a server that speaks as S3 does. */
export class S3ObjectStorage extends ObjectStorage {
  override readonly bucket: string;
  override readonly server = 's3';

  private readonly main: S3Bucket;
  private readonly reader: S3Bucket;
  private readonly multipart: S3Multipart;
  private readonly writer: S3Put;
  private readonly copier: S3Copy;
  private readonly presigner: S3Presigner;
  private readonly forms: S3Client;
  private readonly idleMs: number;

  /** Throws `InvalidEnvironmentError` where the clients have no credentials and should. */
  constructor(clients: S3Clients, options: S3StorageOptions) {
    super();
    this.bucket = options.bucket;
    this.idleMs = clients.timeouts.idleMs;
    this.main = new S3Bucket(options.bucket, clients.main);
    this.reader = new S3Bucket(options.bucket, clients.reader);
    this.multipart = new S3Multipart(this.main);
    this.writer = new S3Put(this.main, this.multipart, { partsInFlight: PARTS_IN_FLIGHT, ...options });
    this.copier = new S3Copy(this.main, this.multipart, { copyPartBytes: MAX_COPY_BYTES, ...options });
    this.presigner = new S3Presigner(clients.presigner, options.bucket);
    this.forms = clients.presigner;
  }

  override check(): Promise<void> {
    return this.main.check();
  }

  override async put(key: string, body: Readable, options: PutOptions): Promise<PutResult> {
    assertObjectKey(key);
    return this.writer.put(key, body, options);
  }

  override async find(key: string, range?: ByteRange): Promise<ObjectContent | undefined> {
    assertObjectKey(key);
    return findObject(this.reader, { key, range, idleMs: this.idleMs });
  }

  override async head(key: string): Promise<ObjectInfo | undefined> {
    assertObjectKey(key);
    return this.main.head(key);
  }

  override async thaw(key: string, options: ThawOptions): Promise<void> {
    assertObjectKey(key);
    return thawObject(this.main, { key, ...options });
  }

  override async delete(key: string): Promise<void> {
    assertObjectKey(key);
    const command = new DeleteObjectCommand({ Bucket: this.bucket, Key: key });
    try {
      await this.main.ask('DeleteObject', { key }, this.main.client.send(command));
    } catch (error) {
      // AWS answers 204 for what is not there, others 404.
      if (!(error instanceof ObjectMissingError)) throw error;
    }
  }

  override async deleteMany(keys: readonly string[]): Promise<DeleteManyResult> {
    keys.forEach(assertObjectKey);
    return deleteObjects(this.main, keys);
  }

  override list(options: ListOptions = {}): Promise<ObjectPage> {
    return listObjects(this.main, options);
  }

  override async copy(from: string, to: string, options?: { readonly ifAbsent?: boolean }): Promise<PutResult> {
    assertObjectKey(from);
    assertObjectKey(to);
    return this.copier.copy(from, to, options);
  }

  override async createMultipart(key: string, options: { readonly contentType: string }): Promise<MultipartRef> {
    assertObjectKey(key);
    return this.multipart.open(key, { ...options, crc32: false });
  }

  override async uploadPart(ref: MultipartRef, partNumber: number, bytes: Buffer): Promise<UploadedPart> {
    assertObjectKey(ref.key);
    return this.multipart.uploadPart(ref, partNumber, bytes);
  }

  override async listParts(
    ref: MultipartRef,
    options: { readonly afterPartNumber?: number; readonly limit?: number } = {},
  ): Promise<PartPage> {
    assertObjectKey(ref.key);
    return this.multipart.listParts(ref, options);
  }

  override listUploads(
    options: { readonly prefix?: string; readonly after?: MultipartRef; readonly limit?: number } = {},
  ): Promise<UploadPage> {
    return this.multipart.listUploads(options);
  }

  override async completeMultipart(
    ref: MultipartRef,
    parts: readonly CompletedPart[],
    options: { readonly ifAbsent?: boolean } = {},
  ): Promise<PutResult> {
    assertObjectKey(ref.key);
    return this.multipart.complete(ref, parts, options);
  }

  override async abortMultipart(ref: MultipartRef): Promise<void> {
    assertObjectKey(ref.key);
    return this.multipart.abort(ref);
  }

  override async presignGet(key: string, options: PresignGetOptions): Promise<SignedRequest> {
    assertObjectKey(key);
    return this.presigner.get(key, options);
  }

  override async presignPut(key: string, options: PresignPutOptions): Promise<SignedRequest> {
    assertObjectKey(key);
    return this.presigner.put(key, options);
  }

  override async presignPart(ref: MultipartRef, options: PresignPartOptions): Promise<SignedRequest> {
    assertObjectKey(ref.key);
    return this.presigner.part(ref, options);
  }

  override async presignPost(key: string, options: PresignPostOptions): Promise<SignedForm> {
    assertObjectKey(key);
    return signForm(this.forms, { bucket: this.bucket, key, ...options });
  }
}
