import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import type { StoredFile } from '../files/index.js';
import { checkQuery } from '../http/index.js';
import { idempotentRequest } from '../idempotency/index.js';
import { ObjectStorage, UploadMissingError, type UploadedPart } from '../storage/index.js';
import { UploadFinishedError } from './direct-uploads.errors.js';
import { DirectUploads } from './direct-uploads.service.js';
import { OpenUploadRequest, type CompleteUploadRequest, type SignPartsRequest } from './dto/upload.requests.js';
import {
  toPartUrls,
  toUploadResponse,
  type OpenedUploadResponse,
  type PartUrlsResponse,
  type UploadResponse,
} from './dto/upload.responses.js';
import { UploadCompletion } from './upload-completion.js';
import { allParts } from './upload-parts.js';
import { UploadSettlement } from './upload-settlement.js';
import { refOf, UploadUrls } from './upload-urls.js';
import { UploadProtocol, UploadStrategy, type Upload } from './upload.entity.js';

/** URLs of parts that come with the answer to opening an upload. */
const FIRST_PARTS = 100;
const KNOWN = ['kind', 'filename', 'size', 'contentType', 'checksum', 'form'] as const;

/** A request to open an upload, as it came. */
export interface OpenUploadCall {
  readonly body: Readonly<Record<string, unknown>>;
  readonly actor: Actor;
  readonly idempotencyKey: string | undefined;
}

/** Uploads as clients of the REST routes see them. */
@Injectable()
export class RestUploads {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly uploads: DirectUploads,
    private readonly urls: UploadUrls,
    private readonly completion: UploadCompletion,
    private readonly settlement: UploadSettlement,
  ) {}

  /** Opens an upload and signs where its bytes go. What the body names besides an upload's own is its kind's to check. */
  async open({ body, actor, idempotencyKey }: OpenUploadCall): Promise<OpenedUploadResponse> {
    const entries = Object.entries(body);
    const isKnown = ([name]: readonly [string, unknown]): boolean => (KNOWN as readonly string[]).includes(name);
    const request = await checkQuery(OpenUploadRequest, Object.fromEntries(entries.filter(isKnown)));
    const { kind, filename, size: sizeBytes, checksum, form = false } = request;
    const upload = await this.uploads.open({
      protocol: UploadProtocol.Rest,
      kind,
      filename,
      sizeBytes,
      actor,
      parameters: Object.fromEntries(entries.filter((entry) => !isKnown(entry))),
      ...(checksum && { checksum }),
      ...(form && { strategy: UploadStrategy.Form }),
      ...this.idempotent(actor, idempotencyKey, body),
    });
    return this.answer(upload);
  }

  /** More URLs of parts, or new ones for those that expired. */
  async signParts(id: string, range: SignPartsRequest, actor: Actor): Promise<PartUrlsResponse> {
    const upload = await this.uploads.get({ id }, actor);
    const parts = await this.urls.parts(upload, { from: range.from, count: withinUpload(upload, range) });
    return { parts: toPartUrls(parts), expiresAt: parts[0]?.request.expiresAt ?? this.urls.expireAt() };
  }

  async status(id: string, actor: Actor): Promise<UploadResponse> {
    const upload = await this.uploads.get({ id }, actor);
    const parts = await this.partsOf(upload);
    if (upload.isOpen()) await this.stayOpen(upload);
    return toUploadResponse(await this.uploads.get({ id }, actor), parts);
  }

  async complete(id: string, { parts, checksum }: CompleteUploadRequest, actor: Actor): Promise<StoredFile> {
    const upload = await this.uploads.get({ id }, actor);
    return this.completion.complete(upload, { actor, ...(parts && { parts }), ...(checksum && { checksum }) });
  }

  async abort(id: string, actor: Actor): Promise<void> {
    await this.uploads.abort(await this.uploads.get({ id }, actor), actor);
  }

  private async answer(upload: Upload): Promise<OpenedUploadResponse> {
    const { id, fileId, strategy } = upload;
    const common = {
      id,
      fileId,
      strategy: strategy === UploadStrategy.Multipart ? UploadStrategy.Multipart : UploadStrategy.Single,
      method: 'PUT',
      url: null,
      headers: {},
      fields: null,
      partSizeBytes: upload.partSizeBytes ?? null,
      partCount: upload.partCount ?? null,
      parts: [],
      expiresAt: this.urls.expireAt(),
    } as const;
    // The answer to a repetition of what is over by now.
    if (!upload.isOpen()) return common;
    if (strategy === UploadStrategy.Form) {
      const { method, url, fields, expiresAt } = await this.urls.form(upload);
      return { ...common, method, url, fields, expiresAt };
    }
    if (strategy === UploadStrategy.Single) {
      const { url, headers, expiresAt } = await this.urls.single(upload);
      return { ...common, url, headers, expiresAt };
    }
    const count = withinUpload(upload, { from: 1, count: FIRST_PARTS });
    const parts = await this.urls.parts(upload, { from: 1, count });
    return { ...common, parts: toPartUrls(parts), expiresAt: parts[0]?.request.expiresAt ?? common.expiresAt };
  }

  /** Who asks is still there. That it ended at this moment is an answer too. */
  private async stayOpen(upload: Upload): Promise<void> {
    try {
      await this.settlement.touch(upload);
    } catch (error) {
      if (!(error instanceof UploadFinishedError)) throw error;
    }
  }

  private async partsOf(upload: Upload): Promise<readonly UploadedPart[]> {
    if (!upload.isOpen() || upload.strategy !== UploadStrategy.Multipart) return [];
    try {
      return await allParts(this.storage, refOf(upload));
    } catch (error) {
      // Being completed at this moment.
      if (error instanceof UploadMissingError) return [];
      throw error;
    }
  }

  private idempotent(actor: Actor, key: string | undefined, body: unknown) {
    const request = idempotentRequest(actor.principal.id, key, ['POST', '/v1/uploads', JSON.stringify(body)]);
    return request && { idempotent: request };
  }
}

/** How many of the parts that are asked for the upload has. */
function withinUpload(upload: Upload, { from, count }: { readonly from: number; readonly count: number }): number {
  return Math.max(1, Math.min(count, upload.maxPartNumber() - from + 1));
}
