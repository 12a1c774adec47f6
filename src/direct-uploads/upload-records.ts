import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import { Clock, Ids } from '../config/index.js';
import { DirectIntake } from '../intake/index.js';
import { keyFilename } from '../storage/index.js';
import { directUploadsConfig, type DirectUploadsConfig } from './direct-uploads.config.js';
import type { UploadDraft } from './upload-drafts.js';
import { Upload, UploadStatus, UploadStrategy } from './upload.entity.js';

const FIRST_CHECK_MS = 60_000;

/** Writes down what was granted. */
@Injectable()
export class UploadRecords {
  constructor(
    private readonly intake: DirectIntake,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @Inject(directUploadsConfig.KEY) private readonly config: DirectUploadsConfig,
  ) {}

  /** Reserves the key and writes file and upload in the transaction `em`. */
  async insert(em: EntityManager, { request, file, strategy, parts }: UploadDraft): Promise<Upload> {
    const { protocol, sizeBytes, checksum, actor } = request;
    const now = this.clock.now();
    const id = this.ids.next();
    const { fileId, key, kind } = await this.intake.announce(em, file);
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
      // Relayed uploads have a keeper of their own.
      nextCheckAt: strategy === UploadStrategy.Relay ? null : new Date(now.getTime() + FIRST_CHECK_MS),
    });
    const details = { fileId, kind: kind.name, key, protocol, strategy };
    await this.audit.record(em, [{ action: 'upload.opened', actor, subjectType: 'upload', subjectId: id, details }]);
    return em.findOneOrFail(Upload, { id });
  }
}
