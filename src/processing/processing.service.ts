import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { FileStatus, StoredFile } from '../files/index.js';
import { ProcessedFile } from './processed-file.entity.js';
import { ProcessingNotFoundError } from './processing.errors.js';
import { StepRun } from './step-run.entity.js';

/** Where the processing of a file stands. */
export interface ProcessingState {
  readonly processed: ProcessedFile;
  /** In the order in which they run. */
  readonly steps: readonly StepRun[];
  /** Ids of the stored results, oldest first. */
  readonly results: readonly string[];
}

@Injectable()
export class ProcessingService {
  constructor(private readonly em: EntityManager) {}

  /** Throws `ProcessingNotFoundError` for a file that nothing processes. */
  async get(fileId: string): Promise<ProcessingState> {
    const em = this.em.fork();
    const processed = await em.findOne(ProcessedFile, { fileId });
    if (processed === null) throw new ProcessingNotFoundError(fileId);
    const steps = await em.find(StepRun, { fileId }, { orderBy: { position: 'asc' } });
    const results = await em.find(
      StoredFile,
      { sourceFileId: fileId, status: FileStatus.Stored },
      { fields: ['id'], orderBy: { id: 'asc' } },
    );
    return { processed, steps, results: results.map((file) => file.id) };
  }
}
