import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import type { IdempotentRequest } from '../idempotency/index.js';
import { ObjectStorage, storageConfig, type StorageConfig } from '../storage/index.js';
import { downloadDisposition, type DownloadRequest } from './content-disposition.js';
import { FileAvailability } from './file-availability.js';
import { LinkTooLongError } from './files.errors.js';
import { LinkLedger, type FileLink } from './link-ledger.js';
import type { StoredFile } from './stored-file.entity.js';

export const DEFAULT_LINK_SECONDS = 3600;

export interface LinkRequest extends DownloadRequest {
  readonly expiresInSeconds?: number;
}

/** Hands out expiring links, and keeps a ledger of them in the audit log. */
@Injectable()
export class LinksService {
  private readonly logger = new Logger(LinksService.name);

  constructor(
    private readonly availability: FileAvailability,
    private readonly storage: ObjectStorage,
    private readonly ledger: LinkLedger,
    private readonly clock: Clock,
    @Inject(storageConfig.KEY) private readonly config: StorageConfig,
  ) {}

  /** A link that downloads a stored file under its original name. The URL is a secret: it goes to the client only. */
  async create(id: string, request: LinkRequest, actor: Actor, idempotent?: IdempotentRequest): Promise<FileLink> {
    const file = await this.availability.get(id);
    const asked = request.expiresInSeconds ?? Math.min(DEFAULT_LINK_SECONDS, this.config.linkMaxSeconds);
    if (asked > this.config.linkMaxSeconds) throw new LinkTooLongError(this.config.linkMaxSeconds);
    // A thawed file is archived again one day: its links end before.
    const readableUntil = await this.availability.assertReadable([file]);
    const seconds = readableUntil === undefined ? asked : Math.min(asked, this.secondsUntil(readableUntil));
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
    const signed = await this.storage.presignGet(file.key, {
      expiresInSeconds,
      contentType: file.contentType,
      contentDisposition: downloadDisposition(file, request),
    });
    return { url: signed.url, expiresAt: signed.expiresAt, servedBy: this.storage.server };
  }
}
