import { Inject, Injectable } from '@nestjs/common';
import { appConfig, type AppConfig } from '../config/index.js';
import { directUploadsConfig, type DirectUploadsConfig } from '../direct-uploads/index.js';
import type { StoredFile } from '../files/index.js';
import { storageConfig, type StorageConfig } from '../storage/index.js';

/** What answers to Uppy name besides an upload itself. */
@Injectable()
export class UppyTerms {
  constructor(
    @Inject(directUploadsConfig.KEY) private readonly uploads: DirectUploadsConfig,
    @Inject(storageConfig.KEY) private readonly storage: StorageConfig,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  /** For how long URLs are good. */
  get urlSeconds(): number {
    return this.uploads.urlSeconds;
  }

  get bucket(): string {
    return this.storage.bucket;
  }

  /** Where the record of a file is: what Uppy calls the location of an upload. */
  locationOf({ id }: StoredFile): string {
    return `${this.app.publicUrl}/v1/files/${id}`;
  }
}
