import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { FileArchivedError, FileAvailability } from '../availability/index.js';
import {
  planContent,
  servedType,
  type ContentPlan,
  type ContentPresentation,
  type ContentRequest,
  type PlannedContent,
  type SentContent,
} from '../content/index.js';
import type { StoredFile } from '../files/index.js';
import {
  ArchivedError,
  ObjectMissingError,
  ObjectStorage,
  storageConfig,
  StoreUnavailableError,
  type ObjectContent,
  type StorageConfig,
} from '../storage/index.js';
import { downloadDisposition, type DownloadRequest } from './download-disposition.js';
import { LinksService } from './links.service.js';

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

/** How a file's bytes are asked for, and given. */
export interface ContentOrder {
  readonly http: ContentRequest;
  /** The type is the file's where absent. */
  readonly presentation: ContentPresentation;
  /** What the store said of the object just now; where absent it is asked if the file may be archived. */
  readonly found?: SentContent;
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
    if (asked.proxy || http.method === 'HEAD') return { kind: 'content', content: await this.download(request) };
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

  /**
   * The bytes of a file, or what conditions and range leave of them; whether it may be given out is the caller's to know.
   * Throws `FileArchivedError`, `FileQuarantinedError`, `ObjectMissingError`, `PreconditionFailedError` and the store's errors.
   */
  async open(file: StoredFile, { http, presentation, found }: ContentOrder): Promise<PlannedContent> {
    const facts = found ?? (await this.availability.facts(file));
    const plan = planContent(http, facts, { contentType: servedType(file.contentType), ...presentation });
    if (plan.range === undefined) return { plan };
    const { body, info } = await this.find(file, plan.range);
    if (info.etag === facts.etag) return { plan, body };
    body.destroy();
    if (found !== undefined) throw new StoreUnavailableError('GetObject');
    // The record is behind the store: a bucket that was brought back from a backup has other tags.
    return this.open(file, { http, presentation, found: await this.availability.readable(file) });
  }

  /** All bytes of a file. Throws as `open` does. */
  async bytes(file: StoredFile): Promise<Readable> {
    this.availability.assertWhole(file);
    return (await this.find(file)).body;
  }

  private async download({ id, asked, http }: FileContentRequest): Promise<PlannedContent> {
    const file = await this.availability.get(id);
    const found = await this.availability.readable(file);
    return this.open(file, { http, presentation: { contentDisposition: downloadDisposition(file, asked) }, found });
  }

  private async find(file: StoredFile, range?: ContentPlan['range']): Promise<ObjectContent> {
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
