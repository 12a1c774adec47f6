import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { xmlDocument, xmlElements } from '../http/index.js';
import { type FormRequest, type OpenForm, readForm } from './local-form-reader.js';
import { LocalFormSigner, type PermittedForm } from './local-form-signer.js';
import { ObjectTooLargeError, ObjectTooSmallError } from './local-form.errors.js';
import { LocalObjectStorage } from './local-object-storage.js';

/** What a form has put into the store. */
export interface PostedObject {
  readonly location: string;
  /** In quotes. */
  readonly etag: string;
  /** S3's answer, as XML. */
  readonly answer: string;
}

/** Takes the local store's signed forms: the policy is the permission. */
@Injectable()
export class LocalFormsService {
  constructor(
    private readonly storage: LocalObjectStorage,
    private readonly signer: LocalFormSigner,
  ) {}

  /**
   * Stores the file of a form. Throws `InvalidFormError`, `InvalidSignatureError`, `PolicyViolatedError`,
   * `ObjectTooLargeError`, `ObjectTooSmallError`, and then nothing is stored.
   */
  store(request: FormRequest): Promise<PostedObject> {
    return readForm(request, (form) => this.take(form));
  }

  private async take({ fields, file }: OpenForm): Promise<PostedObject> {
    const permitted = this.signer.verify(fields);
    const { key, contentType } = permitted;
    const body = Readable.from(within(file, permitted), { objectMode: false });
    const stored = await this.storage.put(key, body, { contentType });
    const [location, etag] = [this.signer.locationOf(key), `"${stored.etag}"`];
    const facts = { Location: location, Bucket: this.storage.bucket, Key: key, ETag: etag };
    return { location, etag, answer: xmlDocument('PostResponse', xmlElements(facts)) };
  }
}

async function* within(file: AsyncIterable<Buffer>, limits: PermittedForm): AsyncGenerator<Buffer> {
  let sizeBytes = 0;
  for await (const chunk of file) {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.maxSizeBytes) throw new ObjectTooLargeError(limits.maxSizeBytes);
    yield chunk;
  }
  if (sizeBytes < limits.minSizeBytes) throw new ObjectTooSmallError(limits.minSizeBytes);
}
