import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import { Upload, UploadSettlement, UploadStatus } from '../direct-uploads/index.js';
import { RelayFinisher } from './relay-finisher.js';
import { RelayRecords } from './relay-records.js';
import { RelayStore } from './relay-store.js';
import type { UploadLease } from './upload-lease.js';

/** What became of an upload that the reaper looked at. */
export type Fate = 'completed' | 'rejected' | 'expired' | 'open' | 'deferred';

/** What is done with uploads that nobody is at. */
@Injectable()
export class TusEndings {
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
    const { offset } = await this.records.get(upload.id);
    if (offset === upload.declaredSizeBytes) {
      await this.finisher.finish({ upload, lease }, actor);
      return 'completed';
    }
    if (upload.expiresAt > this.clock.now()) return 'open';
    const end = { status: UploadStatus.Expired, reason: 'UPLOAD_EXPIRED', actor };
    const decided = await this.settlement.abandon(upload, end);
    await this.finisher.clear({ upload });
    return decided ? 'expired' : 'open';
  }

  /** Once more, when nothing can be under way any more: what a holder wrote that had lost its lease. */
  async clear(id: string): Promise<void> {
    const em = this.em.fork();
    const upload = await em.findOneOrFail(Upload, { id });
    await this.store.clear(upload);
    await this.store.dropUploads(upload);
    await em.execute('delete from tus_part where upload_id = ?', [id]);
    await em.execute('update tus_upload set cleared_at = ? where upload_id = ?', [this.clock.now(), id]);
  }
}
