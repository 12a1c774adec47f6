import type { Readable } from 'node:stream';
import { DomainError } from '../errors/index.js';
import type { Metrics, Outcome } from '../metrics/index.js';
import {
  type ByteRange,
  type CompletedPart,
  type DeleteManyResult,
  type ListOptions,
  type MultipartRef,
  type ObjectContent,
  type ObjectInfo,
  type ObjectPage,
  type ObjectServer,
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

/** A store whose operations are counted and timed by outcome. A download counts until its first byte. */
export class MeteredObjectStorage extends ObjectStorage {
  constructor(
    private readonly inner: ObjectStorage,
    private readonly metrics: Metrics,
  ) {
    super();
  }

  override get bucket(): string {
    return this.inner.bucket;
  }

  override get server(): ObjectServer {
    return this.inner.server;
  }

  override check(): Promise<void> {
    return this.timed('check', () => this.inner.check());
  }

  override put(key: string, body: Readable, options: PutOptions): Promise<PutResult> {
    return this.timed('put', () => this.inner.put(key, body, options));
  }

  override find(key: string, range?: ByteRange): Promise<ObjectContent | undefined> {
    return this.timed('find', () => this.inner.find(key, range));
  }

  override head(key: string): Promise<ObjectInfo | undefined> {
    return this.timed('head', () => this.inner.head(key));
  }

  override thaw(key: string, options: ThawOptions): Promise<void> {
    return this.timed('thaw', () => this.inner.thaw(key, options));
  }

  override delete(key: string): Promise<void> {
    return this.timed('delete', () => this.inner.delete(key));
  }

  override deleteMany(keys: readonly string[]): Promise<DeleteManyResult> {
    return this.timed('deleteMany', () => this.inner.deleteMany(keys));
  }

  override list(options?: ListOptions): Promise<ObjectPage> {
    return this.timed('list', () => this.inner.list(options));
  }

  override copy(from: string, to: string, options?: { readonly ifAbsent?: boolean }): Promise<PutResult> {
    return this.timed('copy', () => this.inner.copy(from, to, options));
  }

  override createMultipart(key: string, options: { readonly contentType: string }): Promise<MultipartRef> {
    return this.timed('createMultipart', () => this.inner.createMultipart(key, options));
  }

  override uploadPart(ref: MultipartRef, partNumber: number, bytes: Buffer): Promise<UploadedPart> {
    return this.timed('uploadPart', () => this.inner.uploadPart(ref, partNumber, bytes));
  }

  override listParts(
    ref: MultipartRef,
    options?: { readonly afterPartNumber?: number; readonly limit?: number },
  ): Promise<PartPage> {
    return this.timed('listParts', () => this.inner.listParts(ref, options));
  }

  override listUploads(options?: {
    readonly prefix?: string;
    readonly after?: MultipartRef;
    readonly limit?: number;
  }): Promise<UploadPage> {
    return this.timed('listUploads', () => this.inner.listUploads(options));
  }

  override completeMultipart(
    ref: MultipartRef,
    parts: readonly CompletedPart[],
    options?: { readonly ifAbsent?: boolean },
  ): Promise<PutResult> {
    return this.timed('completeMultipart', () => this.inner.completeMultipart(ref, parts, options));
  }

  override abortMultipart(ref: MultipartRef): Promise<void> {
    return this.timed('abortMultipart', () => this.inner.abortMultipart(ref));
  }

  override presignGet(key: string, options: PresignGetOptions): Promise<SignedRequest> {
    return this.timed('presignGet', () => this.inner.presignGet(key, options));
  }

  override presignPut(key: string, options: PresignPutOptions): Promise<SignedRequest> {
    return this.timed('presignPut', () => this.inner.presignPut(key, options));
  }

  override presignPart(ref: MultipartRef, options: PresignPartOptions): Promise<SignedRequest> {
    return this.timed('presignPart', () => this.inner.presignPart(ref, options));
  }

  override presignPost(key: string, options: PresignPostOptions): Promise<SignedForm> {
    return this.timed('presignPost', () => this.inner.presignPost(key, options));
  }

  private async timed<T>(operation: string, run: () => Promise<T>): Promise<T> {
    const stop = this.metrics.storeOperation.startTimer({ operation });
    try {
      const result = await run();
      stop({ outcome: result === undefined && (operation === 'find' || operation === 'head') ? 'missing' : 'ok' });
      return result;
    } catch (error) {
      stop({ outcome: outcomeOf(error) });
      throw error;
    }
  }
}

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof DomainError)) return 'failed';
  if (error.kind === 'not-found') return 'missing';
  return error.kind === 'unavailable' || error.kind === 'out-of-space' ? 'unavailable' : 'refused';
}
