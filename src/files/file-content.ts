import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { planContent, servedType, type ContentRequest, type PlannedContent } from '../content/index.js';
import {
  ArchivedError,
  ObjectMissingError,
  ObjectStorage,
  storageConfig,
  StoreUnavailableError,
  type ObjectContent,
  type StorageConfig,
} from '../storage/index.js';
import { downloadDisposition, type DownloadRequest } from './content-disposition.js';
import { FileAvailability } from './file-availability.js';
import { FileArchivedError } from './files.errors.js';
import { LinksService } from './links.service.js';
import type { StoredFile } from './stored-file.entity.js';

const REDIRECT_SECONDS = 60;

export interface FileContentRequest {
  readonly id: string;
  readonly asked: DownloadRequest & {
    /** Through the service, not by way of a link. */
    readonly proxy: boolean;
  };
  readonly http: ContentRequest;
  readonly actor: Actor;
}

/** Where the bytes are to be had, or the bytes. */
export type Delivery =
  { readonly kind: 'redirect'; readonly url: string } | { readonly kind: 'content'; readonly content: PlannedContent };

/** Gives out the bytes of files. */
@Injectable()
export class FileContent {
  constructor(
    private readonly availability: FileAvailability,
    private readonly links: LinksService,
    private readonly storage: ObjectStorage,
    @Inject(storageConfig.KEY) private readonly config: StorageConfig,
  ) {}

  /**
   * A link that lasts a minute, or the bytes themselves. HEAD is always answered here: a link is signed for GET, and S3 refuses
   * it to HEAD.
   */
  async deliver(request: FileContentRequest): Promise<Delivery> {
    const { id, asked, http, actor } = request;
    if (asked.proxy || http.method === 'HEAD') return { kind: 'content', content: await this.open(request) };
    const { disposition, filename } = asked;
    const expiresInSeconds = Math.min(REDIRECT_SECONDS, this.config.linkMaxSeconds);
    const { url } = await this.links.create(id, {
      request: {
        expiresInSeconds,
        ...(disposition && { disposition }),
        ...(filename !== undefined && { filename }),
        purpose: 'content',
      },
      actor,
    });
    return { kind: 'redirect', url };
  }

  private async open({ id, asked, http }: FileContentRequest): Promise<PlannedContent> {
    const file = await this.availability.get(id);
    const info = await this.availability.readable(file);
    const plan = planContent(http, info, {
      contentType: servedType(file.contentType),
      contentDisposition: downloadDisposition(file, asked),
    });
    if (plan.range === undefined) return { plan };
    const { body, info: opened } = await this.find(file, plan.range);
    if (opened.etag === info.etag) return { plan, body };
    body.destroy();
    throw new StoreUnavailableError('GetObject');
  }

  private async find(
    file: StoredFile,
    range: { readonly start: number; readonly end: number },
  ): Promise<ObjectContent> {
    try {
      const content = await this.storage.find(file.key, range);
      if (content === undefined) throw new ObjectMissingError(file.key);
      return content;
    } catch (error) {
      // Its copy went back into the archive a moment ago.
      if (error instanceof ArchivedError)
        throw new FileArchivedError(file.id, { ...(await this.availability.ask(file)), cause: error });
      throw error;
    }
  }
}
