import { Injectable, Logger } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import { Upload, UploadSettlement, UploadStatus, type Fate } from '../direct-uploads/index.js';
import { DomainError, errorMessage, type ErrorKind } from '../errors/index.js';
import { PASSING } from '../intake/index.js';
import { RelayFinisher } from './relay-finisher.js';
import { RelayRecords } from './relay-records.js';
import { RelayStore, type HeldUpload } from './relay-store.js';
import type { UploadLease } from './upload-lease.js';

/** Says nothing about an upload, or that somebody else is at it by now. */
const WAITING: ReadonlySet<ErrorKind> = new Set([...PASSING, 'locked']);

/** What is done with uploads that nobody is at. */
@Injectable()
export class TusEndings {
  private readonly logger = new Logger(TusEndings.name);

  constructor(
    private readonly em: EntityManager,
    private readonly records: RelayRecords,
    private readonly store: RelayStore,
    private readonly finisher: RelayFinisher,
    private readonly settlement: UploadSettlement,
    private readonly clock: Clock,
  ) {}

  /** Looks again, now that nobody else can be at it: confirms what is complete, gives up what has expired. */
  async end(lease: UploadLease, actor: Actor): Promise<Fate> {
    const upload = await this.em.fork().findOneOrFail(Upload, { id: lease.uploadId });
    if (!upload.isOpen()) return 'open';
    const held = { upload, lease };
    await this.adopt(held);
    const { offset } = await this.records.get(upload.id);
    const fate = offset === upload.declaredSizeBytes ? await this.finish(held, actor) : 'open';
    return fate === 'open' && upload.expiresAt <= this.clock.now() ? this.expire(held, actor) : fate;
  }

  /** Once more, when nothing can be under way any more: what a holder wrote that had lost its lease. */
  async clear(id: string): Promise<Fate> {
    const em = this.em.fork();
    const upload = await em.findOneOrFail(Upload, { id });
    try {
      await this.store.clear(upload);
      await this.store.dropUploads(upload);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.logger.warn({ event: 'UPLOAD_CLEARING_DEFERRED', uploadId: id, reason: errorMessage(error) });
      return 'deferred';
    }
    await em.execute('delete from tus_part where upload_id = ?', [id]);
    await em.nativeUpdate(Upload, { id }, { clearedAt: this.clock.now() });
    return 'cleared';
  }

  /** What cannot be looked for now is sent again by whoever goes on. */
  private async adopt(held: HeldUpload): Promise<void> {
    try {
      await this.store.adopt(held);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }

  /** Open where what is there can not become a file, or where somebody else decided meanwhile. */
  private async finish(held: HeldUpload, actor: Actor): Promise<Fate> {
    try {
      await this.finisher.finish(held, actor);
      return 'completed';
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const settled = await this.settlement.current(held.upload);
      if (settled?.status === UploadStatus.Rejected) return 'rejected';
      return settled?.isOpen() === true && WAITING.has(error.kind) ? 'deferred' : 'open';
    }
  }

  private async expire(held: HeldUpload, actor: Actor): Promise<Fate> {
    const provided = { expiresAt: { $lte: this.clock.now() } };
    const fence = this.finisher.fence(held);
    const end = { status: UploadStatus.Expired, reason: 'UPLOAD_EXPIRED', provided, actor, fence };
    if (!(await this.settlement.abandon(held.upload, end))) return 'open';
    await this.finisher.clear(held);
    return 'expired';
  }
}
