import { Inject, Injectable, Logger } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Clock } from '../config/index.js';
import { DomainError } from '../errors/index.js';
import { ObjectStorage } from '../storage/index.js';
import { directUploadsConfig, type DirectUploadsConfig } from './direct-uploads.config.js';
import { Upload, UploadStatus, UploadStrategy } from './upload.entity.js';

const BATCH = 100;

/** What one round cleared away. */
export interface ClearReport {
  readonly cleared: number;
  /** What the store would not remove now. */
  readonly deferred: number;
}

/** What uploads leave that are over: objects that a form may have brought again, and their records. */
@Injectable()
export class UploadLeftovers {
  private readonly logger = new Logger(UploadLeftovers.name);

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly clock: Clock,
    @Inject(directUploadsConfig.KEY) private readonly config: DirectUploadsConfig,
  ) {}

  /** A form can be sent again until its URL expires; records are kept for their senders to ask. */
  async clear(): Promise<ClearReport> {
    const { cleared, deferred } = await this.clearStaged();
    const before = new Date(this.clock.now().getTime() - this.config.expirySeconds * 1000);
    const forgotten = await this.em.fork().nativeDelete(Upload, {
      status: { $ne: UploadStatus.Open },
      settledAt: { $lt: before },
      // What lies beside the key has to be gone before its only record goes.
      $or: [{ stagedKey: null, strategy: { $ne: UploadStrategy.Relay } }, { clearedAt: { $ne: null } }],
    });
    return { cleared: cleared + forgotten, deferred };
  }

  private async clearStaged(): Promise<ClearReport> {
    const em = this.em.fork();
    const now = this.clock.now();
    let cleared = 0;
    let deferred = 0;
    for (let after: string | undefined; ;) {
      const left = await em.find(
        Upload,
        {
          status: { $ne: UploadStatus.Open },
          stagedKey: { $ne: null },
          clearedAt: null,
          $or: [{ writableUntil: null }, { writableUntil: { $lte: now } }],
          ...(after !== undefined && { id: { $gt: after } }),
        },
        { limit: BATCH, orderBy: { id: 'asc' } },
      );
      for (const upload of left) {
        if (await this.clearOne(upload)) cleared += 1;
        else deferred += 1;
      }
      after = left.at(-1)?.id;
      if (after === undefined) return { cleared, deferred };
    }
  }

  private async clearOne({ id, fileId, stagedKey }: Upload): Promise<boolean> {
    try {
      await this.storage.delete(stagedKey ?? '');
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.logger.warn({ event: 'DISCARD_DEFERRED', err: error, fileIds: [fileId] });
      return false;
    }
    await this.em.fork().nativeUpdate(Upload, { id }, { clearedAt: this.clock.now() });
    return true;
  }
}
