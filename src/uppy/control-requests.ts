import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { COMPLETION_BYTES, DirectUploads, type Upload } from '../direct-uploads/index.js';
import { BodyTooLargeError } from '../http/index.js';
import { ControlOperation, ControlPermissions, type ControlQuery } from './control-permissions.js';
import { completedXml, initiatedXml, partsXml, readCompletion, type UploadNames } from './control-xml.js';
import { MalformedXmlError } from './uppy.errors.js';
import { UppyTerms } from './uppy-terms.js';
import { UppyUploads } from './uppy-uploads.js';

/** A control request as it came. */
export interface ControlRequest {
  readonly id: string;
  readonly query: ControlQuery;
  /** Besides the principal, which the permission names. */
  readonly from: Omit<Actor, 'principal'>;
}

/** Answers, in S3's place and words, what a client asks about its upload besides sending bytes. */
@Injectable()
export class ControlRequests {
  constructor(
    private readonly permissions: ControlPermissions,
    private readonly uploads: DirectUploads,
    private readonly uppy: UppyUploads,
    private readonly terms: UppyTerms,
  ) {}

  /** It was opened when the URL was signed, as its key had to be known: asked again, this is the same upload. */
  async create(request: ControlRequest): Promise<string> {
    const { upload } = await this.permitted(ControlOperation.Create, request);
    return initiatedXml(this.namesOf(upload));
  }

  async parts(request: ControlRequest): Promise<string> {
    const { upload } = await this.permitted(ControlOperation.Parts, request);
    return partsXml(this.namesOf(upload), await this.uppy.parts(upload));
  }

  async complete(request: ControlRequest, body: AsyncIterable<Buffer>): Promise<string> {
    const { upload, actor } = await this.permitted(ControlOperation.Complete, request);
    const file = await this.uppy.complete(upload, readCompletion(await readText(body)), actor);
    return completedXml(file, this.terms.locationOf(file));
  }

  async abort(request: ControlRequest): Promise<void> {
    const { upload, actor } = await this.permitted(ControlOperation.Abort, request);
    await this.uppy.abort(upload, actor);
  }

  private async permitted(
    operation: ControlOperation,
    { id, query, from }: ControlRequest,
  ): Promise<{ readonly upload: Upload; readonly actor: Actor }> {
    const actor = { ...from, principal: await this.permissions.verify(operation, id, query) };
    return { upload: await this.uploads.get({ id }, actor), actor };
  }

  private namesOf({ key, storeUploadId }: Upload): UploadNames {
    return { bucket: this.terms.bucket, key, uploadId: storeUploadId ?? '' };
  }
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of body) {
      sizeBytes += chunk.length;
      if (sizeBytes > COMPLETION_BYTES) throw new BodyTooLargeError(COMPLETION_BYTES);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof BodyTooLargeError) throw cause;
    // Whoever sent it has gone.
    throw new MalformedXmlError({ cause });
  }
  return Buffer.concat(chunks).toString();
}
