import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { Clock, Ids } from '../config/index.js';
import type { FileChecksum } from '../files/index.js';
import type { IdempotentRequest } from '../idempotency/index.js';
import { DirectIntake, type WelcomeFile } from '../intake/index.js';
import { keyFilename, storageConfig, type StorageConfig } from '../storage/index.js';
import { directUploadsConfig, type DirectUploadsConfig } from './direct-uploads.config.js';
import { UploadPinnedError } from './direct-uploads.errors.js';
import { assertChecksum, planParts, strategyFor } from './upload-plan.js';
import { UploadTargets } from './upload-targets.js';
import { Upload, UploadStatus, UploadStrategy, type UploadProtocol } from './upload.entity.js';

const FIRST_CHECK_MS = 60_000;

/** A file that somebody wants to send straight to the store. */
export interface UploadRequest {
  readonly protocol: UploadProtocol;
  /** The kind's name. */
  readonly kind: string;
  /** What the kind's target asks for, unchecked. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly filename: string;
  /** Bytes; a single PUT needs it. */
  readonly sizeBytes?: number;
  readonly checksum?: FileChecksum;
  readonly actor: Actor;
  /** By size where absent. */
  readonly strategy?: UploadStrategy;
  readonly idempotent?: IdempotentRequest;
}

/** An upload that may be opened: nothing of it is written yet. */
export interface UploadDraft {
  readonly request: UploadRequest;
  readonly file: WelcomeFile;
  readonly strategy: UploadStrategy;
}

/** Checks what is asked for, and writes down what is granted. */
@Injectable()
export class UploadDrafts {
  constructor(
    private readonly intake: DirectIntake,
    private readonly targets: UploadTargets,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @Inject(storageConfig.KEY) private readonly storage: StorageConfig,
    @Inject(directUploadsConfig.KEY) private readonly config: DirectUploadsConfig,
  ) {}

  /** Throws what is wrong with kind, parameters, name, extension, size or checksum. */
  async prepare(request: UploadRequest): Promise<UploadDraft> {
    const { filename, sizeBytes, actor, checksum } = request;
    const target = await this.targets.resolve(request.kind, pinnedParameters(request), actor);
    const file = this.intake.welcome({ ...target, filename, actor, ...(sizeBytes !== undefined && { sizeBytes }) });
    const strategy = request.strategy ?? strategyFor(sizeBytes ?? file.maxSizeBytes, this.storage);
    if (checksum !== undefined) assertChecksum(checksum, strategy);
    return { request, file, strategy };
  }

  /** Reserves the key and writes file and upload in the transaction `em`. */
  async insert(em: EntityManager, { request, file, strategy }: UploadDraft): Promise<Upload> {
    const { protocol, sizeBytes, checksum, actor } = request;
    const now = this.clock.now();
    const id = this.ids.next();
    const { fileId, key, kind } = await this.intake.announce(em, file);
    const isPlanned = strategy === UploadStrategy.Multipart && sizeBytes !== undefined;
    const parts = isPlanned ? planParts(sizeBytes, this.storage) : undefined;
    await em.insert(Upload, {
      id,
      fileId,
      protocol,
      strategy,
      kind: kind.name,
      key,
      stagedKey: strategy === UploadStrategy.Form ? `temp/uploads/${fileId}/${keyFilename(file.name)}` : null,
      storeUploadId: null,
      declaredSizeBytes: sizeBytes ?? null,
      maxSizeBytes: file.maxSizeBytes,
      partSizeBytes: parts?.partSizeBytes ?? null,
      partCount: parts?.partCount ?? null,
      checksumAlgorithm: checksum?.algorithm ?? null,
      checksumValue: checksum?.value ?? null,
      principalId: actor.principal.id,
      status: UploadStatus.Open,
      createdAt: now,
      expiresAt: new Date(now.getTime() + this.config.expirySeconds * 1000),
      nextCheckAt: new Date(now.getTime() + FIRST_CHECK_MS),
    });
    const details = { fileId, kind: kind.name, key, protocol, strategy };
    await this.audit.record(em, [{ action: 'upload.opened', actor, subjectType: 'upload', subjectId: id, details }]);
    return em.findOneOrFail(Upload, { id });
  }
}

/** The parameters with what the sender's token is bound to. Throws `UploadPinnedError` where the request says otherwise. */
function pinnedParameters({ kind, parameters, actor }: UploadRequest): UploadRequest['parameters'] {
  const { pins } = actor.principal;
  if (pins === undefined) return parameters;
  if (pins.kind !== undefined && pins.kind !== kind) throw new UploadPinnedError('kind', pins.kind);
  for (const [name, value] of Object.entries(pins.parameters)) {
    if (Object.hasOwn(parameters, name) && String(parameters[name]) !== value) throw new UploadPinnedError(name, value);
  }
  return { ...parameters, ...pins.parameters };
}
