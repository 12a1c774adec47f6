import { Injectable, Logger } from '@nestjs/common';
import type { StoredFile } from '../files/index.js';
import { Metrics } from '../metrics/index.js';
import { UploadTargets } from './upload-targets.js';
import type { Upload } from './upload.entity.js';

/** Tells the log and the metrics what became of uploads: each once, by whoever decided it. */
@Injectable()
export class UploadOutcomes {
  private readonly logger = new Logger(UploadOutcomes.name);

  constructor(
    private readonly targets: UploadTargets,
    private readonly metrics: Metrics,
  ) {}

  stored({ id: uploadId, protocol }: Upload, file: StoredFile): void {
    const { id: fileId, kind, sessionId, documentId, key, contentType, sizeBytes } = file;
    const event = this.targets.eventOf(kind);
    const details = { sessionId, documentId, fileId, key, contentType, sizeBytes, uploadId, protocol };
    this.logger.log({ event, kind, ...details });
    this.metrics.uploads.inc({ kind, outcome: 'stored' });
    this.metrics.uploadedBytes.inc({ kind }, sizeBytes ?? 0);
  }

  rejected({ id: uploadId, fileId, kind, protocol }: Upload, reason: string): void {
    this.logger.warn({ event: 'UPLOAD_REJECTED', uploadId, fileId, kind, protocol, reason });
    this.metrics.uploads.inc({ kind, outcome: reason });
  }
}
