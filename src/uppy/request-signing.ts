import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { DirectUploads, UploadStrategy, UploadUrls } from '../direct-uploads/index.js';
import { checkQuery } from '../http/index.js';
import { ControlOperation, ControlPermissions } from './control-permissions.js';
import { SignRequest, type SignedResponse } from './dto/sign.dto.js';
import { RequestNotSignableError } from './uppy.errors.js';
import { UppyFiles, type UppyFile } from './uppy-files.js';
import { UppyTerms } from './uppy-terms.js';
import { UppyUploads, type UppyRef } from './uppy-uploads.js';

const KNOWN = ['method', 'key', 'contentType', 'uploadId', 'partNumber', 'filename'] as const;
/** What Uppy puts before the name. */
const UUID_PREFIX = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-(?=.)/i;
const CONTROL = {
  POST: ControlOperation.Complete,
  GET: ControlOperation.Parts,
  DELETE: ControlOperation.Abort,
} as const;

/** Signs the requests that Uppy's `signRequest` asks for: bytes go to the store, and everything else comes to the service. */
@Injectable()
export class RequestSigning {
  constructor(
    private readonly permissions: ControlPermissions,
    private readonly files: UppyFiles,
    private readonly uploads: DirectUploads,
    private readonly urls: UploadUrls,
    private readonly uppy: UppyUploads,
    private readonly terms: UppyTerms,
  ) {}

  /** `body`: the request, and what the app adds of the file. Throws `RequestNotSignableError` for what no upload needs. */
  async sign(body: Readonly<Record<string, unknown>>, actor: Actor): Promise<SignedResponse> {
    const entries = Object.entries(body);
    const isKnown = ([name]: readonly [string, unknown]): boolean => (KNOWN as readonly string[]).includes(name);
    const request = await checkQuery(SignRequest, Object.fromEntries(entries.filter(isKnown)));
    const { method, key, uploadId } = request;
    if (uploadId !== undefined) return this.signOngoing(request, { key, uploadId }, actor);
    const metadata = Object.fromEntries(entries.filter((entry) => !isKnown(entry)));
    const file = { filename: request.filename ?? nameIn(key), metadata, actor };
    if (method === 'PUT') return this.signSingle(file);
    if (method === 'POST') return this.signBeginning(file);
    throw new RequestNotSignableError();
  }

  private async signOngoing({ method, partNumber }: SignRequest, ref: UppyRef, actor: Actor): Promise<SignedResponse> {
    const upload = await this.uppy.get(ref, actor);
    if (method !== 'PUT') return { url: await this.controlUrl(CONTROL[method], upload.id, actor) };
    if (partNumber === undefined) throw new RequestNotSignableError();
    const [part] = await this.uppy.signParts(upload, [partNumber]);
    return { url: part?.request.url ?? '' };
  }

  /** A PUT is signed with its length; where that is not known, a form takes any up to the limit. */
  private async signSingle(file: UppyFile): Promise<SignedResponse> {
    const request = this.files.toRequest(file);
    if (request.sizeBytes === undefined) {
      const { form } = await this.uppy.form(file);
      return { url: form.url, fields: form.fields };
    }
    const upload = await this.uploads.open({ ...request, strategy: UploadStrategy.Single });
    const { url, headers } = await this.urls.single(upload);
    return { url, headers, key: upload.key };
  }

  private async signBeginning(file: UppyFile): Promise<SignedResponse> {
    const { id, key } = await this.uppy.begin(file);
    return { url: await this.controlUrl(ControlOperation.Create, id, file.actor), key };
  }

  private controlUrl(operation: ControlOperation, id: string, { principal }: Actor): Promise<string> {
    return this.permissions.sign({ operation, id, principal }, this.terms.urlSeconds);
  }
}

function nameIn(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1).replace(UUID_PREFIX, '') || key;
}
