import { Inject, Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Clock } from '../config/index.js';
import { StoredFile } from '../files/index.js';
import {
  ObjectStorage,
  StoreAbilities,
  type MultipartRef,
  type SignedForm,
  type SignedRequest,
} from '../storage/index.js';
import { directUploadsConfig, type DirectUploadsConfig } from './direct-uploads.config.js';
import { PartNumberError } from './direct-uploads.errors.js';
import { UploadSettlement } from './upload-settlement.js';
import { UploadStrategy, type Upload } from './upload.entity.js';

/** A URL to which one part is sent. */
export interface PartUrl {
  readonly partNumber: number;
  readonly request: SignedRequest;
}

export interface PartRange {
  /** The first part number. */
  readonly from: number;
  readonly count: number;
}

/** Hands out what lets its holder write one object, or one part, and nothing else. Never logged. */
@Injectable()
export class UploadUrls {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly abilities: StoreAbilities,
    private readonly settlement: UploadSettlement,
    private readonly clock: Clock,
    @Inject(directUploadsConfig.KEY) private readonly config: DirectUploadsConfig,
  ) {}

  /** When a URL expires that is signed now. */
  expireAt(): Date {
    return new Date(this.clock.now().getTime() + this.config.urlSeconds * 1000);
  }

  /** The one PUT of a `single` upload: length, type and, where given, checksum are signed, and that nothing is there yet. */
  async single(upload: Upload): Promise<SignedRequest> {
    const { key, declaredSizeBytes, checksumValue } = upload;
    if (declaredSizeBytes == null) throw new Error('A single PUT signs its length');
    this.abilities.assert('conditional-create');
    await this.touch(upload);
    return this.storage.presignPut(key, {
      expiresInSeconds: this.config.urlSeconds,
      contentType: await this.contentType(upload),
      sizeBytes: declaredSizeBytes,
      ifAbsent: true,
      ...(checksumValue != null && { sha256: checksumValue }),
    });
  }

  /** The form of a `form` upload. It may be sent again until it expires, and so lands beside the file's key. */
  async form(upload: Upload): Promise<SignedForm> {
    const { stagedKey, declaredSizeBytes, maxSizeBytes } = upload;
    if (stagedKey == null) throw new Error('A form lands beside the key of its file');
    this.abilities.assert('post-policy');
    await this.touch(upload);
    return this.storage.presignPost(stagedKey, {
      expiresInSeconds: this.config.urlSeconds,
      contentType: await this.contentType(upload),
      minSizeBytes: declaredSizeBytes ?? 1,
      maxSizeBytes: declaredSizeBytes ?? maxSizeBytes,
    });
  }

  /** Parts of a `multipart` upload. Throws `PartNumberError` for numbers it cannot have. */
  async parts(upload: Upload, { from, count }: PartRange): Promise<readonly PartUrl[]> {
    return this.partsNumbered(
      upload,
      Array.from({ length: count }, (_, index) => from + index),
    );
  }

  /** The same for any numbers, in their order. */
  async partsNumbered(upload: Upload, numbers: readonly number[]): Promise<readonly PartUrl[]> {
    const ref = refOf(upload);
    const max = upload.maxPartNumber();
    if (numbers.some((number) => !Number.isInteger(number) || number < 1 || number > max))
      throw new PartNumberError(max);
    await this.touch(upload);
    const expiresInSeconds = this.config.urlSeconds;
    return Promise.all(
      numbers.map(async (partNumber) => ({
        partNumber,
        request: await this.storage.presignPart(ref, { partNumber, expiresInSeconds }),
      })),
    );
  }

  private touch(upload: Upload): Promise<void> {
    return this.settlement.touch(upload, { urlSeconds: this.config.urlSeconds });
  }

  private async contentType({ fileId }: Upload): Promise<string> {
    return (await this.em.fork().findOneOrFail(StoredFile, { id: fileId })).contentType;
  }
}

/** The store's upload; throws `PartNumberError` for one that has no parts. */
export function refOf({ strategy, key, storeUploadId }: Upload): MultipartRef {
  if (strategy !== UploadStrategy.Multipart || storeUploadId == null) throw new PartNumberError(0);
  return { key, uploadId: storeUploadId };
}
