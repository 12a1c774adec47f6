import { defineEntity, p } from '@mikro-orm/core';
import { ProcessingStatus } from '../files/index.js';

const ProcessedFileSchema = defineEntity({
  name: 'ProcessedFile',
  tableName: 'processed_file',
  properties: {
    fileId: p.uuid().primary(),
    sessionId: p.string().length(64).nullable(),
    /** The one job of the queue that may process the file now. */
    jobId: p.uuid(),
    status: p.enum(() => ProcessingStatus),
    /** The step at work, or the one that failed. */
    step: p.string().length(64).nullable(),
    /** 0 to 1, over all steps. */
    progress: p.float(),
    /** Runs that ended in an error. A worker's death is none. */
    attempts: p.integer(),
    /** Runs whose worker died. */
    deaths: p.integer(),
    /** Fencing number: grows with every run, and only the current one may write. */
    attempt: p.integer(),
    errorCode: p.string().length(64).nullable(),
    errorMessage: p.text().nullable(),
    /** Whether this recording's results have the session's plain names; only its first one's do. */
    ownsPlainNames: p.boolean(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

/** The processing side of a file. */
export class ProcessedFile extends ProcessedFileSchema.class {
  isOver(): boolean {
    return (
      this.status === ProcessingStatus.Done ||
      this.status === ProcessingStatus.Failed ||
      this.status === ProcessingStatus.Cancelled
    );
  }
}
ProcessedFileSchema.setClass(ProcessedFile);
