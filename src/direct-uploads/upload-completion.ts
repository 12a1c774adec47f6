import { Injectable, Logger } from '@nestjs/common';
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
import { StoredChecksumDiffersError, UploadFinishedError } from './direct-uploads.errors.js';
import { moments } from './moments.js';
import { allParts, chooseParts } from './upload-parts.js';
import { assertChecksum } from './upload-plan.js';
import { UploadSettlement } from './upload-settlement.js';
import { UploadTargets } from './upload-targets.js';
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
  private readonly logger = new Logger(UploadCompletion.name);

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly intake: DirectIntake,
    private readonly files: FilesService,
    private readonly kinds: FileKinds,
    private readonly targets: UploadTargets,
    private readonly settlement: UploadSettlement,
    private readonly metrics: Metrics,
  ) {}

  /**
   * The file; the same again where it was completed before. Throws `UploadFinishedError` for one that ended otherwise,
   * `PartsMissingError` and `ObjectAbsentError` while bytes are missing, and the reason for which what was sent is rejected.
   */
  async complete(upload: Upload, request: CompletionRequest): Promise<StoredFile> {
    const { checksum } = request;
    if (checksum !== undefined) assertChecksum(checksum, upload.strategy);
    if (!upload.isOpen()) return this.settled(upload, checksum);
    try {
      return await this.finish(upload, request);
    } catch (error) {
      if (!(error instanceof FileLostError)) throw error;
      return this.settled(await this.em.fork().findOneOrFail(Upload, { id: upload.id }), checksum);
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
    const stored = await this.settlement.complete(upload, outcome, actor);
    this.tell(upload, stored);
    return stored;
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
    const { id: uploadId, fileId, kind, protocol } = upload;
    this.logger.warn({ event: 'UPLOAD_REJECTED', uploadId, fileId, kind, protocol, reason: error.code });
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
    moments.assembled.publish({ uploadId: upload.id, fileId: upload.fileId });
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
      if (!(error instanceof ObjectMissingError)) throw error;
      // Whoever fetched it has confirmed it too, and cleared it away.
      if ((await this.storage.head(key)) === undefined) throw new ObjectAbsentError();
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

  /** Once: by whoever confirmed it. */
  private tell({ id: uploadId, protocol }: Upload, file: StoredFile): void {
    const { id: fileId, kind, sessionId, documentId, key, contentType, sizeBytes } = file;
    const event = this.targets.eventOf(kind);
    const details = { sessionId, documentId, fileId, key, contentType, sizeBytes, uploadId, protocol };
    this.logger.log({ event, kind, ...details });
    this.metrics.uploads.inc({ kind, outcome: 'stored' });
    this.metrics.uploadedBytes.inc({ kind }, sizeBytes ?? 0);
  }

  /** The reaper may have been first, and it knew of no checksum. */
  private async assertSame({ key, verifications }: StoredFile, claim: FileChecksum): Promise<void> {
    if (verifications.some((verified) => isSame(verified, claim)) || (await this.intake.hasChecksum(key, claim)))
      return;
    throw new StoredChecksumDiffersError(claim.algorithm);
  }

  /** What an upload that is over has become. */
  private async settled(upload: Upload, checksum: FileChecksum | undefined): Promise<StoredFile> {
    if (upload.status === UploadStatus.Completed) {
      const file = await this.files.get(upload.fileId);
      if (checksum !== undefined && file.isStored()) await this.assertSame(file, checksum);
      return file;
    }
    // Its object may have come to be after it was given up: nobody else's row has the key.
    if (!upload.isOpen()) await this.intake.clear(upload.key);
    throw new UploadFinishedError({ status: upload.status, reason: upload.reason ?? null });
  }
}

function isSame(one: FileChecksum, other: FileChecksum): boolean {
  return one.algorithm === other.algorithm && one.value === other.value;
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
