import { Injectable, Logger } from '@nestjs/common';
import { EntityManager, type FilterQuery } from '@mikro-orm/postgresql';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { Idempotency, type IdempotencyHold } from '../idempotency/index.js';
import { KeyOccupiedError } from '../intake/index.js';
import { ObjectStorage } from '../storage/index.js';
import { UploadFinishedError, UploadNotFoundError } from './direct-uploads.errors.js';
import { moments } from './moments.js';
import { UploadDrafts, type UploadDraft, type UploadRequest } from './upload-drafts.js';
import { UploadSettlement } from './upload-settlement.js';
import { NOT_OPENED, Upload, UploadStatus, UploadStrategy } from './upload.entity.js';

/** How long another request with the same Idempotency-Key waits for one that may have died. */
const HOLD_MS = 60_000;

/** What a request to open an upload comes to. */
type Begun =
  | { readonly state: 'new'; readonly upload: Upload; readonly hold: IdempotencyHold | undefined }
  | { readonly state: 'replayed'; readonly id: string };

/** Opens uploads, finds them for who opened them, and gives them up. */
@Injectable()
export class DirectUploads {
  private readonly logger = new Logger(DirectUploads.name);

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly drafts: UploadDrafts,
    private readonly settlement: UploadSettlement,
    private readonly idempotency: Idempotency,
    private readonly clock: Clock,
  ) {}

  /**
   * Reserves the key and, for parts, opens the upload at the store. Nothing is signed before name, extension, size and quota were
   * found right. An idempotent sender's repetition gets the upload that the first request opened.
   */
  async open(request: UploadRequest): Promise<Upload> {
    const draft = await this.drafts.prepare(request);
    const begun = await this.begin(draft);
    if (begun.state === 'replayed') return this.get({ id: begun.id }, request.actor);
    const { upload, hold } = begun;
    moments.opened.publish({ uploadId: upload.id, fileId: upload.fileId });
    try {
      await this.assertVacant(upload);
      const storeUploadId = await this.openAtStore(upload, draft.file.contentType);
      moments.started.publish({ uploadId: upload.id, fileId: upload.fileId });
      return await this.record(upload, { storeUploadId, hold });
    } catch (error) {
      if (error instanceof KeyOccupiedError) await this.settlement.withdraw(upload);
      else {
        const end = { status: UploadStatus.Aborted, reason: NOT_OPENED, actor: request.actor };
        await this.settlement.abandon(upload, end);
      }
      if (hold !== undefined) await this.idempotency.release(this.em.fork(), hold);
      throw error;
    }
  }

  /** An upload of the actor's own. Throws `UploadNotFoundError` for any other. */
  async get(where: FilterQuery<Upload>, actor: Actor): Promise<Upload> {
    const upload = await this.em.fork().findOne(Upload, { $and: [where, { principalId: actor.principal.id }] });
    if (upload === null) throw new UploadNotFoundError();
    return upload;
  }

  /** Gives an upload up: whatever of it the store has goes. One that is over already stays as it is. */
  async abort(upload: Upload, actor: Actor): Promise<void> {
    if (!upload.isOpen()) return;
    await this.settlement.abandon(upload, { status: UploadStatus.Aborted, reason: 'ABORTED', actor });
  }

  /** An object that no record knows is not ours to replace, and what lies under our key will be ours to remove. */
  private async assertVacant({ key }: Upload): Promise<void> {
    if ((await this.storage.head(key)) === undefined) return;
    this.logger.warn({ event: 'KEY_OCCUPIED', key }, 'the bucket has an object that no record knows');
    throw new KeyOccupiedError();
  }

  /** Throws `UploadFinishedError` where this took so long that the upload was given up meanwhile. */
  private record(
    { id }: Upload,
    { storeUploadId, hold }: { readonly storeUploadId: string | null; readonly hold: IdempotencyHold | undefined },
  ): Promise<Upload> {
    return inTransaction(this.em, async (em) => {
      const recorded = await em.nativeUpdate(Upload, { id, status: UploadStatus.Open }, { storeUploadId });
      if (recorded === 0) throw new UploadFinishedError({ status: UploadStatus.Expired, reason: NOT_OPENED });
      if (hold !== undefined) await this.idempotency.finish(em, hold, id);
      return em.findOneOrFail(Upload, { id }, { refresh: true });
    });
  }

  private begin(draft: UploadDraft): Promise<Begun> {
    const { idempotent } = draft.request;
    return inTransaction(this.em, async (em) => {
      if (idempotent === undefined)
        return { state: 'new', upload: await this.drafts.insert(em, draft), hold: undefined };
      const leaseUntil = new Date(this.clock.now().getTime() + HOLD_MS);
      const outcome = await this.idempotency.begin(em, idempotent, leaseUntil);
      if (outcome.state === 'answered') return { state: 'replayed', id: String(outcome.answer) };
      return { state: 'new', upload: await this.drafts.insert(em, draft), hold: outcome.hold };
    });
  }

  private async openAtStore({ strategy, key }: Upload, contentType: string): Promise<string | null> {
    if (strategy !== UploadStrategy.Multipart) return null;
    return (await this.storage.createMultipart(key, { contentType })).uploadId;
  }
}
