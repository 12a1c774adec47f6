import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import {
  allParts,
  DirectUploads,
  refOf,
  UploadCompletion,
  UploadFinishedError,
  UploadProtocol,
  UploadStatus,
  UploadStrategy,
  UploadUrls,
  type PartUrl,
  type Upload,
} from '../direct-uploads/index.js';
import type { StoredFile } from '../files/index.js';
import { ObjectStorage, type CompletedPart, type SignedForm, type UploadedPart } from '../storage/index.js';
import { UppyFiles, type UppyFile } from './uppy-files.js';

/** Where forms land, under the id of their file. */
const STAGED = /^temp\/uploads\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//;

/** An upload as its sender names it: both have to be those that were answered when it began. */
export interface UppyRef {
  /** The store's. */
  readonly uploadId: string;
  readonly key: string;
}

/** Uploads as Uppy's own server, Companion, serves them; the keys are ours. */
@Injectable()
export class UppyUploads {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly files: UppyFiles,
    private readonly uploads: DirectUploads,
    private readonly urls: UploadUrls,
    private readonly completion: UploadCompletion,
  ) {}

  /** Opens an upload of one form. */
  async form(file: UppyFile): Promise<{ readonly upload: Upload; readonly form: SignedForm }> {
    const upload = await this.uploads.open({ ...this.files.toRequest(file), strategy: UploadStrategy.Form });
    return { upload, form: await this.urls.form(upload) };
  }

  /** Opens an upload in parts. */
  begin(file: UppyFile): Promise<Upload> {
    return this.uploads.open({ ...this.files.toRequest(file), strategy: UploadStrategy.Multipart });
  }

  /** The actor's own upload of this name. Throws `UploadNotFoundError`. */
  get({ uploadId, key }: UppyRef, actor: Actor): Promise<Upload> {
    return this.uploads.get({ storeUploadId: uploadId, key, protocol: UploadProtocol.Uppy }, actor);
  }

  /** Throws `PartNumberError`, `UploadFinishedError`. */
  signParts(upload: Upload, partNumbers: readonly number[]): Promise<readonly PartUrl[]> {
    return this.urls.partsNumbered(upload, partNumbers);
  }

  /** All that the store has. Throws `UploadFinishedError`. */
  parts(upload: Upload): Promise<readonly UploadedPart[]> {
    if (!upload.isOpen()) throw new UploadFinishedError({ status: upload.status, reason: upload.reason ?? null });
    return allParts(this.storage, refOf(upload));
  }

  complete(upload: Upload, parts: readonly CompletedPart[], actor: Actor): Promise<StoredFile> {
    return this.completion.complete(upload, { actor, parts });
  }

  /** Throws `UploadFinishedError` for one of which a file has come. */
  async abort(upload: Upload, actor: Actor): Promise<void> {
    if (upload.status === UploadStatus.Completed)
      throw new UploadFinishedError({ status: upload.status, reason: null });
    await this.uploads.abort(upload, actor);
  }

  /** Confirms what was sent by one request, of which nobody tells us; the reaper would, a minute later. */
  async finalize(key: string, actor: Actor): Promise<StoredFile> {
    const fileId = STAGED.exec(key)?.[1];
    const where = fileId === undefined ? { key } : { fileId, stagedKey: key };
    const upload = await this.uploads.get({ ...where, protocol: UploadProtocol.Uppy }, actor);
    return this.completion.complete(upload, { actor });
  }
}
