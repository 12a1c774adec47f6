import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../auth/index.js';
import type { FileChecksum } from '../files/index.js';
import type { IdempotentRequest } from '../idempotency/index.js';
import { DirectIntake, type WelcomeFile } from '../intake/index.js';
import { storageConfig, type StorageConfig } from '../storage/index.js';
import { InvalidParameterError, UploadPinnedError } from './direct-uploads.errors.js';
import { relayed } from './relay-limits.js';
import { assertChecksum, assertOneRequest, planParts, strategyFor, type PartPlan } from './upload-plan.js';
import { UploadRecords } from './upload-records.js';
import { UploadTargets } from './upload-targets.js';
import { UploadStrategy, type Upload, type UploadProtocol } from './upload.entity.js';

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
  /** What the protocol keeps of an upload, written in the transaction that opens it. */
  readonly describe?: (em: EntityManager, uploadId: string) => Promise<void>;
}

/** An upload that may be opened: nothing of it is written yet. */
export interface UploadDraft {
  readonly request: UploadRequest;
  readonly file: WelcomeFile;
  readonly strategy: UploadStrategy;
  /** How it is cut up, where its size is known. */
  readonly parts?: PartPlan;
}

/** Checks what is asked for, and has written down what is granted. */
@Injectable()
export class UploadDrafts {
  constructor(
    private readonly intake: DirectIntake,
    private readonly targets: UploadTargets,
    private readonly records: UploadRecords,
    @Inject(storageConfig.KEY) private readonly storage: StorageConfig,
  ) {}

  /** Throws what is wrong with kind, parameters, name, extension, size or checksum. */
  async prepare(request: UploadRequest): Promise<UploadDraft> {
    const { filename, sizeBytes, actor, checksum } = request;
    const target = await this.targets.resolve(request.kind, pinnedParameters(request), actor);
    const welcome = this.intake.welcome({ ...target, filename, actor, ...(sizeBytes !== undefined && { sizeBytes }) });
    const strategy = request.strategy ?? strategyFor(sizeBytes ?? welcome.maxSizeBytes, this.storage);
    const file = strategy === UploadStrategy.Relay ? relayed(welcome, sizeBytes) : welcome;
    if (sizeBytes !== undefined) assertOneRequest(sizeBytes, strategy);
    if (checksum !== undefined) assertChecksum(checksum, strategy);
    const isPlanned = strategy === UploadStrategy.Multipart && sizeBytes !== undefined;
    return { request, file, strategy, ...(isPlanned && { parts: planParts(sizeBytes, this.storage) }) };
  }

  /** Reserves the key and writes file and upload in the transaction `em`. */
  async insert(em: EntityManager, draft: UploadDraft): Promise<Upload> {
    const upload = await this.records.insert(em, draft);
    await draft.request.describe?.(em, upload.id);
    return upload;
  }
}

/**
 * The parameters with what the sender's token is bound to. Throws `UploadPinnedError` where the request says otherwise, and
 * `InvalidParameterError` for what says nothing that could be compared.
 */
function pinnedParameters({ kind, parameters, actor }: UploadRequest): UploadRequest['parameters'] {
  const { pins } = actor.principal;
  if (pins === undefined) return parameters;
  if (pins.kind !== undefined && pins.kind !== kind) throw new UploadPinnedError('kind', pins.kind);
  for (const [name, value] of Object.entries(pins.parameters)) {
    if (!Object.hasOwn(parameters, name)) continue;
    const given = parameters[name];
    // Only these have one way to be written: an array of one text would pass for the text.
    if (typeof given !== 'string' && !Number.isSafeInteger(given)) throw new InvalidParameterError(name);
    if (String(given) !== value) throw new UploadPinnedError(name, value);
  }
  return { ...parameters, ...pins.parameters };
}
