import { Injectable } from '@nestjs/common';
import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Clock } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { FileStatus, ProcessingStatus, StoredFile } from '../files/index.js';
import { ProcessedFile } from './processed-file.entity.js';
import { OvertakenError } from './processing.errors.js';
import type { StepResultName } from './processing-step.js';
import { parametersOfResult } from './result-names.js';
import type { RegisteredStep } from './step-registry.js';
import { StepRun, StepStatus } from './step-run.entity.js';

/** A job whose workers die this often is taken to be what kills them. */
export const MAX_DEATHS = 10;

/** Runs that may end in an error which another run may not meet. */
export const MAX_ATTEMPTS = 5;

/** How long a row may be ahead of the queue before it counts as forgotten. */
const ORPHAN_GRACE_MS = 60_000;

/** A row that is due, and whose job the queue does not have. One parameter: since when it has not been touched. */
const WITHOUT_JOB = `status in ('queued', 'running') and updated_at < ? and not exists
  (select 1 from pgboss.job where job.id = processed_file.job_id and job.state < 'completed')`;

/** Why a run ended. */
export interface RunFailure {
  readonly step: string;
  readonly code: string;
  readonly message: string;
  /** Whether another run may not meet it: a store that is away, and not a corrupt file. */
  readonly passing: boolean;
}

/** The right to process a file: whoever begins the next run takes it away. */
export interface Run {
  readonly fileId: string;
  /** Fencing number. */
  readonly attempt: number;
  readonly file: StoredFile;
  readonly ownsPlainNames: boolean;
  /** Names and versions of the steps that are done. */
  readonly done: ReadonlyMap<string, number>;
}

/** A file's row is locked before its processing's, here and wherever files change: two orders would deadlock. */
function lockFile(em: EntityManager, fileId: string): Promise<StoredFile | null> {
  return em.findOne(StoredFile, { id: fileId }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
}

/** The row of a run that is still the current one. */
function lockRun(
  em: EntityManager,
  { fileId, attempt }: Pick<Run, 'fileId' | 'attempt'>,
): Promise<ProcessedFile | null> {
  return em.findOne(
    ProcessedFile,
    { fileId, attempt, status: ProcessingStatus.Running },
    { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
  );
}

/** Writes the rows of processing. Every change asks whether its run is still the current one. */
@Injectable()
export class ProcessingRecords {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** Makes a file due, in the transaction `em`: its rows, with the plain names when it is the first of its session. */
  async queue(
    em: EntityManager,
    file: StoredFile,
    { jobId, steps }: { jobId: string; steps: readonly RegisteredStep[] },
  ): Promise<void> {
    const now = this.clock.now();
    await em.execute(
      `insert into processed_file
         (file_id, session_id, job_id, status, progress, attempts, deaths, attempt, owns_plain_names, created_at, updated_at)
       values (?, ?, ?, 'queued', 0, 0, 0, 0, false, ?, ?)
       on conflict (file_id) do update set status = 'queued', job_id = excluded.job_id, step = null, error_code = null, error_message = null,
         attempts = 0, deaths = 0, attempt = processed_file.attempt + 1, updated_at = excluded.updated_at`,
      [file.id, file.sessionId ?? null, jobId, now, now],
    );
    if (file.sessionId != null) {
      // Two first recordings at once: the lock lets one see the other's row.
      await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`plain-names:${file.sessionId}`]);
      await em.execute(
        `update processed_file set owns_plain_names = true where file_id = ? and attempt = 0 and not exists
           (select 1 from processed_file other where other.session_id = ? and other.file_id <> ?)`,
        [file.id, file.sessionId, file.id],
      );
    }
    for (const [position, { name, version }] of steps.entries()) {
      await em.execute(
        `insert into processing_step (file_id, name, position, version, status) values (?, ?, ?, ?, 'queued')
         on conflict (file_id, name) do update set position = excluded.position,
           status = case when processing_step.status = 'done' then 'done' else 'queued' end`,
        [file.id, name, position, version],
      );
    }
    await this.show(em, file.id, ProcessingStatus.Queued);
  }

  /**
   * Begins a run for a job, unless there is nothing left to do or a newer job has the file. A run that is found running has
   * lost its worker: that is a death, and after `MAX_DEATHS` the file is given up.
   */
  async begin(fileId: string, jobId: string): Promise<Run | undefined> {
    return inTransaction(this.em, async (em) => {
      const file = await lockFile(em, fileId);
      const row = await em.findOne(ProcessedFile, { fileId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (row === null || row.isOver() || row.jobId !== jobId) return undefined;
      if (file?.status !== FileStatus.Stored) {
        await this.end(em, fileId, ProcessingStatus.Cancelled, {
          code: 'FILE_TRASHED',
          message: 'The file was deleted.',
        });
        return undefined;
      }
      const deaths = row.deaths + (row.status === ProcessingStatus.Running ? 1 : 0);
      if (deaths >= MAX_DEATHS) {
        await em.nativeUpdate(ProcessedFile, { fileId }, { deaths });
        await this.end(em, fileId, ProcessingStatus.Failed, {
          code: 'WORKER_DIED',
          message: `The worker died ${deaths} times while it processed this file.`,
        });
        return undefined;
      }
      const attempt = row.attempt + 1;
      await em.nativeUpdate(
        ProcessedFile,
        { fileId },
        { status: ProcessingStatus.Running, attempt, deaths, updatedAt: this.clock.now() },
      );
      await this.show(em, fileId, ProcessingStatus.Running);
      const steps = await em.find(StepRun, { fileId, status: StepStatus.Done });
      const done = new Map(steps.map((step) => [step.name, step.version]));
      return { fileId, attempt, file, ownsPlainNames: row.ownsPlainNames, done };
    });
  }

  async startStep(run: Run, step: RegisteredStep, progress: number): Promise<void> {
    const now = this.clock.now();
    await inTransaction(this.em, async (em) => {
      await this.current(em, run);
      await em.nativeUpdate(ProcessedFile, { fileId: run.fileId }, { step: step.name, progress, updatedAt: now });
      await em.nativeUpdate(
        StepRun,
        { fileId: run.fileId, name: step.name },
        { status: StepStatus.Running, startedAt: now, finishedAt: null },
      );
    });
  }

  /** The stored result of the file that has the place of a step's: what else goes by its name is somebody else's. */
  async findResult(run: Run, result: StepResultName): Promise<StoredFile | undefined> {
    const { kind } = result;
    const found = await this.em.fork().findOne(
      StoredFile,
      {
        sourceFileId: run.fileId,
        kind: kind.name,
        placeKey: kind.template.build(parametersOfResult(result, run)),
        status: FileStatus.Stored,
      },
      { orderBy: { id: 'desc' } },
    );
    return found ?? undefined;
  }

  /** Says how far a run is; false when it is no longer the current one. */
  async progress(run: Run, progress: number): Promise<boolean> {
    const updated = await this.em
      .fork()
      .nativeUpdate(
        ProcessedFile,
        { fileId: run.fileId, attempt: run.attempt, status: ProcessingStatus.Running },
        { progress, updatedAt: this.clock.now() },
      );
    return updated > 0;
  }

  /** Marks a step done, in the transaction that confirms its results. */
  async finishStep(em: EntityManager, run: Run, step: RegisteredStep): Promise<void> {
    await em.nativeUpdate(
      StepRun,
      { fileId: run.fileId, name: step.name },
      { status: StepStatus.Done, version: step.version, finishedAt: this.clock.now() },
    );
  }

  /** Throws `OvertakenError` unless the run is current and its file still stored; keeps both so for the transaction. */
  async current(em: EntityManager, run: Run): Promise<void> {
    const file = await lockFile(em, run.fileId);
    const row = await lockRun(em, run);
    if (row === null || file?.status !== FileStatus.Stored) throw new OvertakenError();
  }

  /** Ends a run whose steps are all done; false when it was overtaken. */
  async complete(run: Run): Promise<boolean> {
    return inTransaction(this.em, async (em) => {
      await lockFile(em, run.fileId);
      if ((await lockRun(em, run)) === null) return false;
      await em.nativeUpdate(ProcessedFile, { fileId: run.fileId }, { step: null, progress: 1 });
      await this.end(em, run.fileId, ProcessingStatus.Done, undefined);
      return true;
    });
  }

  /**
   * Ends a run with an error. One that another run may not meet puts the file back in the queue, up to `MAX_ATTEMPTS`; then, or
   * at once for any other, the file has failed. Says whether it is to be tried again; nothing when the run was overtaken.
   */
  async fail(run: Run, failure: RunFailure): Promise<{ readonly again: boolean } | undefined> {
    return inTransaction(this.em, async (em) => {
      await lockFile(em, run.fileId);
      const row = await lockRun(em, run);
      if (row === null) return undefined;
      const attempts = row.attempts + 1;
      const again = failure.passing && attempts < MAX_ATTEMPTS;
      await em.nativeUpdate(ProcessedFile, { fileId: run.fileId }, { attempts });
      await em.nativeUpdate(
        StepRun,
        { fileId: run.fileId, name: failure.step },
        again ? { status: StepStatus.Queued } : { status: StepStatus.Failed, finishedAt: this.clock.now() },
      );
      await this.end(em, run.fileId, again ? ProcessingStatus.Queued : ProcessingStatus.Failed, failure);
      return { again };
    });
  }

  /** Puts a file back in the queue, untouched by this run: the worker stops. No attempt, no death. */
  async handBack(run: Run): Promise<void> {
    await inTransaction(this.em, async (em) => {
      await lockFile(em, run.fileId);
      if ((await lockRun(em, run)) === null) return;
      await this.end(em, run.fileId, ProcessingStatus.Queued, undefined);
    });
  }

  /** Ends what is not over, in the transaction `em`, which has the file's row: the file goes to the trash. */
  async cancel(em: EntityManager, fileId: string): Promise<void> {
    const row = await em.findOne(ProcessedFile, { fileId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (row === null || row.isOver()) return;
    await this.end(em, fileId, ProcessingStatus.Cancelled, { code: 'FILE_TRASHED', message: 'The file was deleted.' });
  }

  /** Whether a file that came back from the trash has something left to be done, in the transaction `em`. */
  async wasCancelled(em: EntityManager, fileId: string): Promise<boolean> {
    return (await em.count(ProcessedFile, { fileId, status: ProcessingStatus.Cancelled })) > 0;
  }

  /** Files that wait for a job which the queue does not have; ordinarily none. */
  async withoutJob(): Promise<readonly string[]> {
    const rows = await this.em
      .fork()
      .execute<{ file_id: string }[]>(
        `select file_id from processed_file where ${WITHOUT_JOB} order by updated_at limit 100`,
        [this.orphanedBefore()],
      );
    return rows.map((row) => row.file_id);
  }

  /** Gives a file another job, in the transaction `em`, unless it has come by one meanwhile. Its counts of errors stay. */
  async replaceJob(em: EntityManager, fileId: string, jobId: string): Promise<boolean> {
    await lockFile(em, fileId);
    const rows = await em.execute<unknown[]>(
      `update processed_file set job_id = ?, updated_at = ? where file_id = ? and ${WITHOUT_JOB} returning file_id`,
      [jobId, this.clock.now(), fileId, this.orphanedBefore()],
    );
    return rows.length > 0;
  }

  private orphanedBefore(): Date {
    return new Date(this.clock.now().getTime() - ORPHAN_GRACE_MS);
  }

  private async end(
    em: EntityManager,
    fileId: string,
    status: ProcessingStatus,
    error: { code: string; message: string } | undefined,
  ): Promise<void> {
    await em.nativeUpdate(
      ProcessedFile,
      { fileId },
      { status, errorCode: error?.code ?? null, errorMessage: error?.message ?? null, updatedAt: this.clock.now() },
    );
    // No step is at work any more: one that was is begun anew, if at all.
    await em.nativeUpdate(StepRun, { fileId, status: StepStatus.Running }, { status: StepStatus.Queued });
    await this.show(em, fileId, status);
  }

  /** What the file's own record shows. */
  private async show(em: EntityManager, fileId: string, processingStatus: ProcessingStatus): Promise<void> {
    await em.nativeUpdate(StoredFile, { id: fileId }, { processingStatus });
  }
}
