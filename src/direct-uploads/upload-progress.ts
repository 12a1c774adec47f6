import { Injectable } from '@nestjs/common';
import { Clock } from '../config/index.js';
import { ObjectStorage, UploadMissingError } from '../storage/index.js';
import { allParts } from './upload-parts.js';
import { refOf } from './upload-urls.js';
import { UploadStrategy, type Upload } from './upload.entity.js';

/** For how long whoever sent the last byte is left the time to say that it was the last. */
const GRACE_MS = 60_000;

export interface FinishedQuestion {
  /** What is not finished now is thrown away. */
  readonly isLast: boolean;
  /** Leaves its sender no time to say so. */
  readonly atOnce: boolean;
}

/** How far uploads are, by the store's word. */
@Injectable()
export class UploadProgress {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly clock: Clock,
  ) {}

  /** Whether the store has all of it. Parts are asked for only where they would otherwise be thrown away. Throws the store's errors. */
  async isFinished(upload: Upload, { isLast, atOnce }: FinishedQuestion): Promise<boolean> {
    const { key, stagedKey, strategy, storeUploadId, declaredSizeBytes } = upload;
    const found =
      (await this.storage.head(key)) ?? (stagedKey != null ? await this.storage.head(stagedKey) : undefined);
    if (found !== undefined)
      return isLast || atOnce || this.clock.now().getTime() - found.lastModified.getTime() > GRACE_MS;
    if (!isLast || strategy !== UploadStrategy.Multipart || storeUploadId == null) return false;
    try {
      const parts = await allParts(this.storage, refOf(upload));
      return parts.reduce((sum, part) => sum + part.sizeBytes, 0) === declaredSizeBytes;
    } catch (error) {
      if (error instanceof UploadMissingError) return false;
      throw error;
    }
  }
}
