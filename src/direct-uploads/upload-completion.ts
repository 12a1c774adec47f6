import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import type { DomainError } from '../errors/index.js';
import { FilesService, StoredFile, type FileChecksum } from '../files/index.js';
import {
  DirectIntake,
  FileLostError,
  FileTooLargeError,
  ObjectAbsentError,
  SizeDiffersError,
} from '../intake/index.js';
import {
  FileKinds,
  InvalidPartError,
  ObjectMissingError,
  UploadMissingError,
  type CompletedPart,
} from '../storage/index.js';
import { QuotaExceededError } from '../usage/index.js';
import { PartsMissingError, StoredChecksumDiffersError, UploadFinishedError } from './direct-uploads.errors.js';
import { moments } from './moments.js';
import { UploadAssembly } from './upload-assembly.js';
import { UploadOutcomes } from './upload-outcomes.js';
import { assertChecksum } from './upload-plan.js';
import { UploadSettlement, type Decision, type Fence } from './upload-settlement.js';
import { UploadStatus, type Upload } from './upload.entity.js';

/** What its sender says when everything was sent. */
export interface CompletionRequest {
  readonly actor: Actor;
  /** All that the store has, where absent. */
  readonly parts?: readonly CompletedPart[];
  /** Of the whole file; counts before the one that was given at the beginning. */
  readonly checksum?: FileChecksum;
  readonly fence?: Fence;
}

/** Why an upload may not be stored. */
export interface Refusal extends Decision {
  readonly error: DomainError;
}

/**
 * Makes files out of uploads: puts the object where it belongs, examines it, confirms it. Every step may be repeated, by the
 * sender or the reaper, at once or after a crash: the first to mark the file has decided.
 */
@Injectable()
export class UploadCompletion {
  constructor(
    private readonly assembly: UploadAssembly,
    private readonly intake: DirectIntake,
    private readonly files: FilesService,
    private readonly kinds: FileKinds,
    private readonly settlement: UploadSettlement,
    private readonly outcomes: UploadOutcomes,
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
      const current = isAmiss(error) ? await this.settlement.current(upload) : null;
      if (error instanceof FileLostError) return this.settled(current ?? upload, checksum);
      // What is amiss of one that was given up meanwhile is what went with it.
      if (current === null || current.isOpen()) throw error;
      return this.settled(current, checksum);
    }
  }

  /** Confirms what lies under the key, or rejects it. For senders whose object is where it belongs already. */
  async confirm(upload: Upload, { actor, checksum, fence }: Omit<CompletionRequest, 'parts'>): Promise<StoredFile> {
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
    const decision: Decision = { actor, ...(fence && { fence }) };
    if (outcome.state === 'refused') return this.reject(upload, { ...decision, error: outcome.error });
    try {
      const stored = await this.settlement.complete(upload, outcome, decision);
      this.outcomes.stored(upload, stored);
      return stored;
    } catch (error) {
      // What was not announced found no room: see ADR 0021. A store that is full passes, a quota is a verdict.
      if (error instanceof QuotaExceededError) return this.reject(upload, { ...decision, error });
      throw error;
    }
  }

  /** Gives up what may not be stored, and throws why. Throws `FileLostError` where somebody else decided first. */
  async reject(upload: Upload, { error, ...decision }: Refusal): Promise<never> {
    const rejected = await this.settlement.abandon(upload, {
      status: UploadStatus.Rejected,
      reason: error.code,
      ...decision,
    });
    if (!rejected) throw new FileLostError();
    this.outcomes.rejected(upload, error.code);
    throw error;
  }

  private async finish(upload: Upload, request: CompletionRequest): Promise<StoredFile> {
    try {
      await this.assembly.assemble(upload, request.parts);
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

  /** Somebody dropped the parts in the bucket itself. */
  private async giveUpLost(upload: Upload, actor: Actor): Promise<never> {
    const end = { status: UploadStatus.Aborted, reason: 'UPLOAD_MISSING', actor };
    if (!(await this.settlement.abandon(upload, end))) throw new FileLostError();
    throw new UploadFinishedError(end);
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

/** Whether something was not there that somebody else's decision may have removed. */
function isAmiss(error: unknown): boolean {
  return [FileLostError, ObjectMissingError, ObjectAbsentError, PartsMissingError, InvalidPartError].some(
    (type) => error instanceof type,
  );
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
