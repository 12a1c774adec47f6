import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { type ContentPlan, headerOf, planContent, type PlannedContent } from '../content/index.js';
import { LocalLinkSigner, type LinkRequest, type PermittedRequest } from './local-link-signer.js';
import { LocalObjectStorage, type OpenObject } from './local-object-storage.js';
import {
  BodyInterruptedError,
  InvalidPartError,
  KeyTakenError,
  MAX_PART_BYTES,
  ObjectMissingError,
  PreconditionFailedError,
} from '../object-storage/index.js';

/** Serves the local store's signed links: the signature is the permission. */
@Injectable()
export class LocalObjectsService {
  constructor(
    private readonly storage: LocalObjectStorage,
    private readonly signer: LocalLinkSigner,
  ) {}

  /** The object of a link for reading. Throws `InvalidSignatureError`, `ObjectMissingError`, `PreconditionFailedError`. */
  async open(request: LinkRequest): Promise<PlannedContent> {
    const permitted = this.signer.verify(request);
    const object = await this.storage.openObject(permitted.key);
    if (!object) throw new ObjectMissingError(permitted.key);
    const plan = await planOrClose(request, permitted, object);
    if (plan.range) return { plan, body: await object.read(plan.range) };
    await object.close();
    return { plan };
  }

  /**
   * Stores what comes over a link for writing, an object or a part, and returns its ETag. Throws `InvalidSignatureError`,
   * `PreconditionFailedError` where a link that creates finds the key taken, `ChecksumMismatchError`, `UploadMissingError`.
   */
  async store(request: LinkRequest, body: Readable): Promise<string> {
    const permitted = this.signer.verify(request);
    try {
      const { partNumber, uploadId } = permitted.parameters;
      if (partNumber === undefined || uploadId === undefined) return await this.storeObject(request, permitted, body);
      const ref = { key: permitted.key, uploadId };
      const sizeBytes = partLength(request);
      return (await this.storage.receivePart(ref, Number(partNumber), body, { sizeBytes })).etag;
    } catch (error) {
      if (error instanceof KeyTakenError) throw new PreconditionFailedError({ cause: error });
      if (body.errored === error) throw new BodyInterruptedError({ cause: error });
      throw error;
    }
  }

  private async storeObject({ headers }: LinkRequest, { key }: PermittedRequest, body: Readable): Promise<string> {
    const sha256 = headerOf(headers, 'x-amz-checksum-sha256');
    const { etag } = await this.storage.put(key, body, {
      // A link for an object binds both: they are the values that were signed.
      contentType: headerOf(headers, 'content-type') ?? '',
      sizeBytes: Number(headerOf(headers, 'content-length')),
      ifAbsent: headerOf(headers, 'if-none-match') === '*',
      ...(sha256 !== undefined && { sha256 }),
    });
    return etag;
  }
}

async function planOrClose(
  request: LinkRequest,
  permitted: PermittedRequest,
  object: OpenObject,
): Promise<ContentPlan> {
  try {
    return planContent(request, object.info, {
      contentType: permitted.parameters['response-content-type'],
      contentDisposition: permitted.parameters['response-content-disposition'],
    });
  } catch (error) {
    await object.close();
    throw error;
  }
}

/** A link for a part does not bind a length; the request has to state one all the same, as with S3. */
function partLength({ headers }: LinkRequest): number {
  const length = headerOf(headers, 'content-length');
  if (length === undefined) throw new InvalidPartError('a part states its length (Content-Length)');
  if (Number(length) > MAX_PART_BYTES) throw new InvalidPartError('a part has 5 GiB at the most');
  return Number(length);
}
