import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import type { IdempotentRequest } from '../idempotency/index.js';
import { FileKinds, ObjectStorage, originalFilename, storageConfig, type StorageConfig } from '../storage/index.js';
import { contentDisposition, type Disposition } from './content-disposition.js';
import {
  FileNotStoredError,
  FileTrashedError,
  InvalidFilenameError,
  LinkTooLongError,
  NotLinkableError,
} from './files.errors.js';
import { FilesService } from './files.service.js';
import { LinkLedger, type FileLink } from './link-ledger.js';
import { FileStatus, type StoredFile } from './stored-file.entity.js';

export const DEFAULT_LINK_SECONDS = 3600;

export interface LinkRequest {
  readonly expiresInSeconds?: number;
  readonly disposition?: Disposition;
  /** In place of the original name. */
  readonly filename?: string;
}

/** Types that run in the reader's browser: never shown inline from a link of ours. */
const ACTIVE = /^(?:text\/html|image\/svg\+xml|application\/xhtml\+xml|(?:text|application)\/xml)\b/;

/** Hands out expiring links, and keeps a ledger of them in the audit log. */
@Injectable()
export class LinksService {
  private readonly logger = new Logger(LinksService.name);

  constructor(
    private readonly files: FilesService,
    private readonly kinds: FileKinds,
    private readonly storage: ObjectStorage,
    private readonly ledger: LinkLedger,
    private readonly clock: Clock,
    @Inject(storageConfig.KEY) private readonly config: StorageConfig,
  ) {}

  /** A link that downloads a stored file under its original name. The URL is a secret: it goes to the client only. */
  async create(id: string, request: LinkRequest, actor: Actor, idempotent?: IdempotentRequest): Promise<FileLink> {
    const file = await this.files.get(id);
    const seconds = request.expiresInSeconds ?? Math.min(DEFAULT_LINK_SECONDS, this.config.linkMaxSeconds);
    const link = await this.sign(file, request, seconds);
    const outcome = await this.ledger.enter(file, link, actor, idempotent);
    // A repetition gets a link that ends when the first one does: there is nothing new to enter.
    if (!outcome.entered) return this.sign(file, request, this.secondsUntil(outcome.expiresAt));
    this.logger.log({
      event: 'TEMP_URL_GENERATED',
      fileId: file.id,
      key: file.key,
      expiresAt: link.expiresAt,
      servedBy: link.servedBy,
      principalId: actor.principal.id,
    });
    return link;
  }

  /** At least one: a link that has ended is answered as such, not refused. */
  private secondsUntil(instant: Date): number {
    return Math.max(1, Math.floor((instant.getTime() - this.clock.now().getTime()) / 1000));
  }

  private async sign(file: StoredFile, request: LinkRequest, expiresInSeconds: number): Promise<FileLink> {
    if (file.status === FileStatus.Trashed) throw new FileTrashedError(file.id);
    if (!file.isStored()) throw new FileNotStoredError(file.id, file.status);
    if (!this.kinds.get(file.kind).linkable) throw new NotLinkableError(file.kind);
    if (expiresInSeconds > this.config.linkMaxSeconds) throw new LinkTooLongError(this.config.linkMaxSeconds);
    const disposition = ACTIVE.test(file.contentType) ? 'attachment' : (request.disposition ?? 'attachment');
    const signed = await this.storage.presignGet(file.key, {
      expiresInSeconds,
      contentType: file.contentType,
      contentDisposition: contentDisposition(disposition, downloadName(file, request)),
    });
    return { url: signed.url, expiresAt: signed.expiresAt, servedBy: this.storage.server };
  }
}

/** The name of the download: what was asked for is made as safe as what was uploaded. */
function downloadName(file: StoredFile, { filename }: LinkRequest): string {
  if (filename === undefined) return file.originalFilename;
  const name = originalFilename(filename);
  if (name === '') throw new InvalidFilenameError();
  return name;
}
