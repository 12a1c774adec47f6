import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import {
  DirectUploads,
  Upload,
  UploadProtocol,
  UploadSettlement,
  UploadStatus,
  UploadStrategy,
} from '../direct-uploads/index.js';
import { EmptyFileError, FileTooLargeError } from '../intake/index.js';
import { QuotaExceededError } from '../usage/index.js';
import { RelayFinisher } from './relay-finisher.js';
import { RelayRecords } from './relay-records.js';
import { readMetadata, type TusMetadata } from './tus-metadata.js';
import { TusRequestError, UploadGoneError } from './tus.errors.js';
import type { UploadLease } from './upload-lease.js';

/** An upload that a client wants to begin. */
export interface TusCreation {
  readonly metadata: TusMetadata | undefined;
  /** As the client wrote it, to be given back. */
  readonly metadataText: string | null;
  /** Null where the client does not know yet. */
  readonly sizeBytes: number | null;
  readonly actor: Actor;
}

/** The length of an upload that was begun without. */
export interface TusLength {
  readonly sizeBytes: number;
  readonly actor: Actor;
}

/** How far an upload is, as its sender may know it. */
export interface TusState {
  readonly upload: Upload;
  readonly offset: number;
  readonly sizeBytes: number | undefined;
  readonly metadata: string | null;
}

/** Uploads as clients of tus see them. */
@Injectable()
export class TusUploads {
  constructor(
    private readonly em: EntityManager,
    private readonly uploads: DirectUploads,
    private readonly settlement: UploadSettlement,
    private readonly records: RelayRecords,
    private readonly finisher: RelayFinisher,
    private readonly clock: Clock,
  ) {}

  async open({ metadata, metadataText, sizeBytes, actor }: TusCreation): Promise<string> {
    if (sizeBytes === 0) throw new EmptyFileError();
    const upload = await this.uploads.open({
      ...readMetadata(metadata, actor),
      protocol: UploadProtocol.Tus,
      strategy: UploadStrategy.Relay,
      actor,
      ...(sizeBytes !== null && { sizeBytes }),
      describe: (em, id) => this.records.describe(em, { id, metadata: metadataText }),
    });
    return upload.id;
  }

  /** Throws `UploadNotFoundError` for what is not the actor's own upload over tus. */
  get(id: string, actor: Actor): Promise<Upload> {
    return this.uploads.get({ id, protocol: UploadProtocol.Tus }, actor);
  }

  /** Throws `UploadGoneError` for one that is over and brought no file, and for one whose time is up. */
  async state(id: string): Promise<TusState> {
    const upload = await this.em.fork().findOneOrFail(Upload, { id });
    const { offset, metadata } = await this.records.get(id);
    if (upload.status === UploadStatus.Completed) {
      const sizeBytes = upload.declaredSizeBytes ?? offset;
      return { upload, offset: sizeBytes, sizeBytes, metadata };
    }
    if (!upload.isOpen()) throw new UploadGoneError({ status: upload.status, reason: upload.reason ?? null });
    if (upload.expiresAt <= this.clock.now())
      throw new UploadGoneError({ status: UploadStatus.Expired, reason: 'UPLOAD_EXPIRED' });
    return { upload, offset, sizeBytes: upload.declaredSizeBytes ?? undefined, metadata };
  }

  /** The same, its sender having asked: the expiry is put off, and what has all its bytes is made a file. */
  async heard(lease: UploadLease, actor: Actor): Promise<TusState> {
    const state = await this.state(lease.uploadId);
    const { upload, offset, sizeBytes } = state;
    if (!upload.isOpen()) return state;
    if (offset === sizeBytes) {
      await this.finisher.finish({ upload, lease }, actor);
      return this.state(upload.id);
    }
    await this.settlement.touch(upload);
    return this.state(upload.id);
  }

  /** Throws `FileTooLargeError` and `QuotaExceededError` for an upload that is then over: nothing shorter will come. */
  async declareLength(lease: UploadLease, { sizeBytes, actor }: TusLength): Promise<void> {
    const { upload } = await this.state(lease.uploadId);
    const held = { upload, lease };
    const refusal =
      sizeBytes === 0
        ? new EmptyFileError()
        : sizeBytes > upload.maxSizeBytes && new FileTooLargeError(upload.maxSizeBytes);
    if (refusal) await this.finisher.reject(held, refusal, actor);
    const provided = (em: EntityManager): Promise<boolean> => this.records.mayHave(em, { lease, sizeBytes });
    const isDeclared = await this.settlement
      .declareSize(upload, { sizeBytes, provided })
      .catch((error: unknown) =>
        error instanceof QuotaExceededError ? this.finisher.reject(held, error, actor) : Promise.reject(error as Error),
      );
    if (!isDeclared)
      throw new TusRequestError('The length of this upload is known already, or less than what was sent.');
  }

  async terminate(id: string, actor: Actor): Promise<void> {
    const upload = await this.get(id, actor);
    await this.uploads.abort(upload, actor);
    await this.finisher.clear({ upload });
  }
}
