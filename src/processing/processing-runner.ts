import { channel } from 'node:diagnostics_channel';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { systemActor } from '../auth/index.js';
import { DomainError, errorMessage } from '../errors/index.js';
import { FileIntake, type SentFile } from '../intake/index.js';
import { Metrics } from '../metrics/index.js';
import { ArchivedError, ObjectMissingError, ObjectStorage, type ByteRange } from '../storage/index.js';
import type { ProcessingJob } from './processing-queue.js';
import { ProcessingRecords, type Run } from './processing-records.js';
import { OvertakenError } from './processing.errors.js';
import type { StepContext, StepResult } from './processing-step.js';
import { parametersOfResult } from './result-names.js';
import { StepRegistry, type RegisteredStep } from './step-registry.js';

const PULSE_MS = 1000;
const PERSIST_TRIES = 10;
const PERSIST_DELAY_MS = 500;

/** A step has begun; its row says so. Message: `{ fileId, step }`. */
const stepStarted = channel('catalyst:step.started');

/** Another run is wanted: the queue shall hand the job out again. */
export class RunAgainError extends Error {
  constructor(fileId: string, options?: ErrorOptions) {
    super(`The processing of file ${fileId} is to be tried again`, options);
    this.name = 'RunAgainError';
  }
}

/** Carries out jobs: runs the steps of a file one after the other, and keeps what they made only if it still counts. */
@Injectable()
export class ProcessingRunner {
  private readonly logger = new Logger(ProcessingRunner.name);
  private readonly actor = systemActor('processing');

  constructor(
    private readonly records: ProcessingRecords,
    private readonly steps: StepRegistry,
    private readonly intake: FileIntake,
    private readonly storage: ObjectStorage,
    private readonly metrics: Metrics,
  ) {}

  /** One run. `stopping` hands the file back untouched. Throws `RunAgainError` when the job is to be handed out again. */
  async run(job: ProcessingJob, signal: AbortSignal, stopping: AbortSignal): Promise<void> {
    const run = await this.records.begin(job.fileId, job.id);
    if (run === undefined) return;
    const steps = this.steps.for(run.file);
    const open = steps.filter((step) => (run.done.get(step.name) ?? 0) < step.version);
    for (const step of open) {
      const before = steps.length - open.length + open.indexOf(step);
      const pulse = this.pulse(run, (fraction) => (before + fraction) / steps.length);
      try {
        const signals = AbortSignal.any([signal, stopping, pulse.overtaken]);
        await this.runStep(run, step, { progress: pulse.report, startsAt: before / steps.length, signal: signals });
      } catch (error) {
        // The worker stops, or lost its claim on the job: neither says anything about the file.
        if (signal.aborted || stopping.aborted) await this.handBack(run, error);
        else await this.settle(run, step, error);
        return;
      } finally {
        pulse.stop();
      }
    }
    if (!(await persistently(() => this.records.complete(run)))) return;
    this.logger.log({ event: 'PROCESSING_DONE', fileId: run.fileId, steps: steps.map((step) => step.name) });
  }

  private async runStep(
    run: Run,
    step: RegisteredStep,
    { progress, startsAt, signal }: { progress: (fraction: number) => void; startsAt: number; signal: AbortSignal },
  ): Promise<void> {
    const stop = this.metrics.steps.startTimer({ step: step.name });
    const sending: Promise<SentFile>[] = [];
    let archived: ArchivedError | undefined;
    const open = (range?: ByteRange): Promise<Readable> =>
      this.open(run.file.key, range).catch((error: unknown) => {
        if (error instanceof ArchivedError) archived = error;
        throw error;
      });
    try {
      await this.records.startStep(run, step, startsAt);
      stepStarted.publish({ fileId: run.fileId, step: step.name });
      signal.throwIfAborted();
      const context: StepContext = {
        file: run.file,
        input: { sizeBytes: run.file.sizeBytes ?? 0, open },
        signal,
        progress,
        findResult: async (name) => {
          const result = await this.records.findResult(run, name);
          return result && this.open(result.key);
        },
        addResult: async (result) => {
          const sent = this.send(run, result, signal);
          sending.push(sent);
          await sent;
        },
      };
      await step.handler.run(context);
      signal.throwIfAborted();
    } catch (error) {
      stop({ outcome: 'failed' });
      const settled = await Promise.allSettled(sending);
      const sent = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      await this.intake.discard(sent, this.actor, { reason: 'STEP_FAILED' });
      // Whatever the step makes of it: no other try will read what has to be thawed first.
      throw archived ?? error;
    }
    await this.intake.confirm(await Promise.all(sending), {
      actor: this.actor,
      guard: (em) => this.records.current(em, run),
      then: (em) => this.records.finishStep(em, run, step),
    });
    stop({ outcome: 'ok' });
  }

  private async open(key: string, range?: ByteRange): Promise<Readable> {
    const content = await this.storage.find(key, range);
    if (content === undefined) throw new ObjectMissingError(key);
    return content.body;
  }

  private async send(run: Run, result: StepResult, signal: AbortSignal): Promise<SentFile> {
    const { file } = run;
    const { kind, name, extension, body } = result;
    const sent = await this.intake.send({
      kind,
      parameters: parametersOfResult(result, run),
      references: {
        sourceFileId: file.id,
        ...(file.sessionId != null && { sessionId: file.sessionId }),
        ...(file.documentId != null && { documentId: file.documentId }),
        ...(file.ownerId != null && { ownerId: file.ownerId }),
      },
      filename: `${name}.${extension}`,
      body,
      actor: this.actor,
      signal,
    });
    if (sent.state === 'replayed') throw new Error('A step result is no repetition');
    return sent;
  }

  private async handBack(run: Run, cause: unknown): Promise<never> {
    await persistently(() => this.records.handBack(run));
    throw new RunAgainError(run.fileId, { cause });
  }

  /** Decides what an error means for the file. */
  private async settle(run: Run, step: RegisteredStep, error: unknown): Promise<void> {
    if (error instanceof OvertakenError) {
      this.logger.log({ event: 'PROCESSING_OVERTAKEN', fileId: run.fileId, step: step.name });
      return;
    }
    const failure = {
      step: step.name,
      code: error instanceof DomainError ? error.code : 'STEP_FAILED',
      message: error instanceof DomainError ? error.message : 'The step met an error of its own; the log has it.',
      // What is no error of ours with a meaning may pass: a database that went away, a bug that another try does not meet.
      passing: error instanceof DomainError ? error.kind === 'unavailable' || error.kind === 'out-of-space' : true,
    };
    const outcome = await persistently(() => this.records.fail(run, failure));
    this.logger.warn(
      { event: 'PROCESSING_STEP_FAILED', fileId: run.fileId, ...failure, err: error },
      errorMessage(error),
    );
    if (outcome?.again === true) throw new RunAgainError(run.fileId, { cause: error });
  }

  /**
   * Writes how far a step is, every `PULSE_MS`, and learns from the answer whether the run is still the current one: a newer run
   * or the trash ends it.
   */
  private pulse(run: Run, overall: (fraction: number) => number) {
    const overtaken = new AbortController();
    let latest = 0;
    let beating = false;
    const beat = async (): Promise<void> => {
      if (!(await this.records.progress(run, overall(latest)))) overtaken.abort(new OvertakenError());
    };
    const timer = setInterval(() => {
      if (beating) return;
      beating = true;
      beat()
        .finally(() => {
          beating = false;
        })
        .catch((error: unknown) => {
          // The database is away: what the step makes is confirmed by it later, or not at all.
          this.logger.debug({ event: 'PROGRESS_NOT_WRITTEN', fileId: run.fileId, err: error });
        });
    }, PULSE_MS);
    return {
      overtaken: overtaken.signal,
      report: (fraction: number): void => {
        latest = Math.min(1, Math.max(latest, fraction));
      },
      stop: (): void => {
        clearInterval(timer);
      },
    };
  }
}

/** A run's outcome is worth some patience: while the database is away, it would count as a worker's death. */
async function persistently<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof OvertakenError || tries === PERSIST_TRIES) throw error;
      await sleep(PERSIST_DELAY_MS);
    }
  }
}
