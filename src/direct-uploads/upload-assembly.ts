import { Injectable } from '@nestjs/common';
import { ObjectAbsentError } from '../intake/index.js';
import {
  KeyTakenError,
  ObjectMissingError,
  ObjectStorage,
  UploadMissingError,
  type CompletedPart,
} from '../storage/index.js';
import { allParts, chooseParts } from './upload-parts.js';
import { refOf } from './upload-urls.js';
import { UploadStrategy, type Upload } from './upload.entity.js';

/** Puts the object of an upload where it belongs. May be repeated, and done by many at once. */
@Injectable()
export class UploadAssembly {
  constructor(private readonly storage: ObjectStorage) {}

  /**
   * Sees to it that what was sent lies under the file's key, where nothing replaces it any more; `parts`: those that the sender
   * named. Throws `ObjectAbsentError` and `PartsMissingError` while bytes are missing, `UploadMissingError` for parts that are gone.
   */
  async assemble(upload: Upload, parts: readonly CompletedPart[] | undefined): Promise<void> {
    switch (upload.strategy) {
      case UploadStrategy.Single:
      case UploadStrategy.Relay:
        return;
      case UploadStrategy.Form:
        return this.fetchStaged(upload);
      case UploadStrategy.Multipart:
        return this.joinParts(upload, parts);
      default:
        upload.strategy satisfies never;
    }
  }

  private async fetchStaged({ key, stagedKey }: Upload): Promise<void> {
    try {
      await this.storage.copy(stagedKey ?? '', key, { ifAbsent: true });
    } catch (error) {
      // Fetched before, by whoever did not come to confirm it.
      if (error instanceof KeyTakenError) return;
      if (!(error instanceof ObjectMissingError)) throw error;
      // Whoever fetched it has confirmed it too, and cleared it away.
      if ((await this.storage.head(key)) === undefined) throw new ObjectAbsentError();
    }
  }

  private async joinParts(upload: Upload, named: readonly CompletedPart[] | undefined): Promise<void> {
    const ref = refOf(upload);
    try {
      const chosen = chooseParts(await allParts(this.storage, ref), named, upload);
      await this.storage.completeMultipart(ref, chosen, { ifAbsent: true });
    } catch (error) {
      const isJoined = error instanceof KeyTakenError || error instanceof UploadMissingError;
      // Joined before, by whoever did not come to confirm it.
      if (!isJoined || (await this.storage.head(upload.key)) === undefined) throw error;
      await this.storage.abortMultipart(ref);
    }
  }
}
