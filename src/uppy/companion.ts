import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import type { StoredFile } from '../files/index.js';
import type { BeginMultipartRequest, CompleteMultipartRequest } from './dto/uppy.requests.js';
import {
  toFormResponse,
  toPartResponse,
  type UppyBatchResponse,
  type UppyCompletedResponse,
  type UppyFormResponse,
  type UppyMultipartResponse,
  type UppyPartResponse,
  type UppyPartUrlResponse,
} from './dto/uppy.responses.js';
import { InvalidUppyRequestError } from './uppy.errors.js';
import { metadataOf } from './uppy-files.js';
import { UppyTerms } from './uppy-terms.js';
import { UppyUploads, type UppyRef } from './uppy-uploads.js';

const MAX_FILENAME = 1024;

/** Uppy's companion mode: requests and answers as Companion has them. */
@Injectable()
export class Companion {
  constructor(
    private readonly uploads: UppyUploads,
    private readonly terms: UppyTerms,
  ) {}

  async params(query: Readonly<Record<string, unknown>>, actor: Actor): Promise<UppyFormResponse> {
    const { filename } = query;
    if (typeof filename !== 'string' || filename === '' || filename.length > MAX_FILENAME)
      throw new InvalidUppyRequestError(`filename must be a name of 1 to ${MAX_FILENAME} characters`);
    const { upload, form } = await this.uploads.form({ filename, metadata: metadataOf(query), actor });
    return toFormResponse(upload, form, this.terms.urlSeconds);
  }

  async begin({ filename, metadata = {} }: BeginMultipartRequest, actor: Actor): Promise<UppyMultipartResponse> {
    const { key, storeUploadId, fileId } = await this.uploads.begin({ filename, metadata, actor });
    return { key, uploadId: storeUploadId ?? '', bucket: this.terms.bucket, fileId };
  }

  async parts(ref: UppyRef, actor: Actor): Promise<readonly UppyPartResponse[]> {
    return (await this.uploads.parts(await this.uploads.get(ref, actor))).map(toPartResponse);
  }

  async signPart(ref: UppyRef, partNumber: number, actor: Actor): Promise<UppyPartUrlResponse> {
    const [part] = await this.uploads.signParts(await this.uploads.get(ref, actor), [partNumber]);
    return { url: part?.request.url ?? '', expires: this.terms.urlSeconds };
  }

  async signBatch(ref: UppyRef, partNumbers: readonly number[], actor: Actor): Promise<UppyBatchResponse> {
    const parts = await this.uploads.signParts(await this.uploads.get(ref, actor), partNumbers);
    return {
      presignedUrls: Object.fromEntries(parts.map(({ partNumber, request }) => [String(partNumber), request.url])),
    };
  }

  async complete(ref: UppyRef, { parts }: CompleteMultipartRequest, actor: Actor): Promise<UppyCompletedResponse> {
    const named = parts.map(({ PartNumber, ETag }) => ({ partNumber: PartNumber, etag: ETag }));
    const file = await this.uploads.complete(await this.uploads.get(ref, actor), named, actor);
    return { location: this.terms.locationOf(file), key: file.key, bucket: file.bucket, fileId: file.id };
  }

  /** Uppy reads JSON from the answer. */
  async abort(ref: UppyRef, actor: Actor): Promise<Record<string, never>> {
    await this.uploads.abort(await this.uploads.get(ref, actor), actor);
    return {};
  }

  finalize(keys: readonly (string | undefined)[], actor: Actor): Promise<StoredFile> {
    const key = keys.find((given) => given !== undefined);
    if (key === undefined) throw new InvalidUppyRequestError('key must be the key that Uppy was answered with');
    return this.uploads.finalize(key, actor);
  }
}
