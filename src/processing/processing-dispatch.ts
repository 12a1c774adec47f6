import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Ids } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { ANY_KIND, OnFileRestored, OnFileStored, OnFileTrashed, StoredFile } from '../files/index.js';
import { ProcessingQueue } from './processing-queue.js';
import { ProcessingRecords } from './processing-records.js';
import { StepRegistry } from './step-registry.js';

/** Makes files due for processing, in the transaction of what happened to them. */
@Injectable()
export class ProcessingDispatch {
  constructor(
    private readonly em: EntityManager,
    private readonly steps: StepRegistry,
    private readonly records: ProcessingRecords,
    private readonly queue: ProcessingQueue,
    private readonly ids: Ids,
  ) {}

  /** A stored file that some step accepts is queued. */
  @OnFileStored(ANY_KIND)
  async dispatch(em: EntityManager, file: StoredFile): Promise<void> {
    const steps = this.steps.for(file);
    if (steps.length === 0) return;
    const jobId = this.ids.next();
    await this.records.queue(em, file, { jobId, steps });
    await this.queue.enqueue(em, { id: jobId, fileId: file.id });
  }

  /** Work on a file that goes to the trash ends. */
  @OnFileTrashed(ANY_KIND)
  async cancel(em: EntityManager, file: StoredFile): Promise<void> {
    await this.records.cancel(em, file.id);
  }

  /** Work that the trash cut short goes on: steps that were done stay done. */
  @OnFileRestored(ANY_KIND)
  async resume(em: EntityManager, file: StoredFile): Promise<void> {
    if (await this.records.wasCancelled(em, file.id)) await this.dispatch(em, file);
  }

  /** Files that wait for a job which the queue does not have get a new one; how many. */
  async requeueForgotten(): Promise<number> {
    let requeued = 0;
    for (const fileId of await this.records.withoutJob()) {
      const jobId = this.ids.next();
      const queued = await inTransaction(this.em, async (em) => {
        if (!(await this.records.replaceJob(em, fileId, jobId))) return false;
        await this.queue.enqueue(em, { id: jobId, fileId });
        return true;
      });
      if (queued) requeued += 1;
    }
    return requeued;
  }
}
