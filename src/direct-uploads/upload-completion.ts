import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../auth/index.js';
import { DomainError } from '../errors/index.js';
import { FilesService, StoredFile, type FileChecksum } from '../files/index.js';
import {
  DirectIntake,
  FileLostError,
  FileTooLargeError,
  ObjectAbsentError,
  SizeDiffersError,
} from '../intake/index.js';
import { Metrics } from '../metrics/index.js';
import {
  FileKinds,
  KeyTakenError,
  ObjectMissingError,
  ObjectStorage,
  UploadMissingError,
  type CompletedPart,
} from '../storage/index.js';
import { UploadFinishedError } from './direct-uploads.errors.js';
import { allParts, chooseParts } from './upload-parts.js';
import { assertChecksum } from './upload-plan.js';
import { UploadSettlement } from './upload-settlement.js';
import { refOf } from './upload-urls.js';
import { Upload, UploadStatus, UploadStrategy } from './upload.entity.js';

/** What its sender says when everything was sent. */
export interface CompletionRequest {
  readonly actor: Actor;
  /** All that the store has, where absent. */
  readonly parts?: readonly CompletedPart[];
  /** Of the whole file; counts before the one that was given at the beginning. */
  readonly checksum?: FileChecksum;
}

/**
 * Makes files out of uploads: puts the object where it belongs, examines it, confirms it. Every step may be repeated, by the
 * sender or the reaper, at once or after a crash: the first to mark the file has decided.
 */
@Injectable()
export class UploadCompletion {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly intake: DirectIntake,
    private readonly files: FilesService,
    private readonly kinds: FileKinds,
    private readonly settlement: UploadSettlement,
    private readonly metrics: Metrics,
  ) {}

  /**
   * The file; the same again where it was completed before. Throws `UploadFinishedError` for one that ended otherwise,
   * `PartsMissingError` and `ObjectAbsentError` while bytes are missing, and the reason for which what was sent is rejected.
   */
  async complete(upload: Upload, request: CompletionRequest): Promise<StoredFile> {
    if (!upload.isOpen()) return this.settled(upload);
    const { checksum } = request;
    if (checksum !== undefined) assertChecksum(checksum, upload.strategy);
    try {
      const file = await this.finish(upload, request);
      this.metrics.uploads.inc({ kind: upload.kind, outcome: 'stored' });
      this.metrics.uploadedBytes.inc({ kind: upload.kind }, file.sizeBytes ?? 0);
      return file;
    } catch (error) {
      if (!(error instanceof FileLostError)) throw error;
      return this.settled(await this.em.fork().findOneOrFail(Upload, { id: upload.id }));
    }
  }

  /** Confirms what lies under the key, or rejects it. For senders whose object is where it belongs already. */
  async confirm(upload: Upload, { actor, checksum }: Omit<CompletionRequest, 'parts'>): Promise<StoredFile> {
    const file = await this.files.get(upload.fileId);
    const claim = checksum ?? claimOf(upload);
    const outcome = await this.intake.examine(
      {
        fileId: file.id,
        attempt: 1,
        key: upload.key,
        kind: this.kinds.get(upload.kind),
        references: referencesOf(file),
      },
      {
        originalFilename: file.originalFilename,
        maxSizeBytes: upload.maxSizeBytes,
        ...(upload.declaredSizeBytes != null && { sizeBytes: upload.declaredSizeBytes }),
        ...(claim && { checksum: claim }),
      },
    );
    if (outcome.state === 'refused') return this.reject(upload, { error: outcome.error, actor });
    return this.settlement.complete(upload, outcome, actor);
  }

  /** Gives up what may not be stored, and throws why. Throws `FileLostError` where somebody else decided first. */
  async reject(
    upload: Upload,
    { error, actor }: { readonly error: DomainError; readonly actor: Actor },
  ): Promise<never> {
    const rejected = await this.settlement.abandon(upload, {
      status: UploadStatus.Rejected,
      reason: error.code,
      actor,
    });
    if (!rejected) throw new FileLostError();
    this.metrics.uploads.inc({ kind: upload.kind, outcome: error.code });
    throw error;
  }

  private async finish(upload: Upload, request: CompletionRequest): Promise<StoredFile> {
    try {
      await this.assemble(upload, request);
    } catch (error) {
      if (error instanceof UploadMissingError) return this.giveUpLost(upload, request.actor);
      // What was sent can never become what was declared.
      if (error instanceof SizeDiffersError || error instanceof FileTooLargeError)
        return this.reject(upload, { error, actor: request.actor });
      throw error;
    }
    return this.confirm(upload, request);
  }

  /** Sees to it that what was sent lies under the file's key, where nothing replaces it any more. */
  private async assemble(upload: Upload, { parts }: CompletionRequest): Promise<void> {
    switch (upload.strategy) {
      case UploadStrategy.Single:
      case UploadStrategy.Relay:
        return;
      case UploadStrategy.Form:
        return this.fetchStaged(upload);
      case UploadStrategy.Multipart:
        return this.joinParts(upload, parts);
      default:
        upload.strategy satisfies never;
    }
  }

  private async fetchStaged({ key, stagedKey }: Upload): Promise<void> {
    try {
      await this.storage.copy(stagedKey ?? '', key, { ifAbsent: true });
    } catch (error) {
      // Fetched before, by whoever did not come to confirm it.
      if (error instanceof KeyTakenError) return;
      if (error instanceof ObjectMissingError) throw new ObjectAbsentError();
      throw error;
    }
  }

  private async joinParts(upload: Upload, named: readonly CompletedPart[] | undefined): Promise<void> {
    const ref = refOf(upload);
    try {
      const chosen = chooseParts(await allParts(this.storage, ref), named, upload);
      await this.storage.completeMultipart(ref, chosen, { ifAbsent: true });
    } catch (error) {
      const isJoined = error instanceof KeyTakenError || error instanceof UploadMissingError;
      // Joined before, by whoever did not come to confirm it.
      if (!isJoined || (await this.storage.head(upload.key)) === undefined) throw error;
      await this.storage.abortMultipart(ref);
    }
  }

  /** Somebody dropped the parts in the bucket itself. */
  private async giveUpLost(upload: Upload, actor: Actor): Promise<never> {
    const end = { status: UploadStatus.Aborted, reason: 'UPLOAD_MISSING', actor };
    if (!(await this.settlement.abandon(upload, end))) throw new FileLostError();
    throw new UploadFinishedError(end);
  }

  /** What an upload that is over has become. */
  private async settled(upload: Upload): Promise<StoredFile> {
    if (upload.status === UploadStatus.Completed) return this.files.get(upload.fileId);
    // Its object may have come to be after it was given up: nobody else's row has the key.
    if (!upload.isOpen()) await this.intake.clear(upload.key);
    throw new UploadFinishedError({ status: upload.status, reason: upload.reason ?? null });
  }
}

function claimOf({ checksumAlgorithm, checksumValue }: Upload): FileChecksum | undefined {
  if (checksumAlgorithm == null || checksumValue == null) return undefined;
  return { algorithm: checksumAlgorithm, value: checksumValue };
}

function referencesOf({ sessionId, documentId, ownerId, sourceFileId }: StoredFile) {
  return {
    ...(sessionId != null && { sessionId }),
    ...(documentId != null && { documentId }),
    ...(ownerId != null && { ownerId }),
    ...(sourceFileId != null && { sourceFileId }),
  };
}
