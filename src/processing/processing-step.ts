import type { Readable } from 'node:stream';
import { DiscoveryService } from '@nestjs/core';
import type { StoredFile } from '../files/index.js';
import type { ByteRange, FileKind } from '../storage/index.js';

/** What a step says of itself. */
export interface StepDeclaration {
  /** Kebab-case, unique: `probe`. */
  readonly name: string;
  /** Which files it is for: of one of these kinds, and of one of these types (`audio/*` and `audio/wav` both work). */
  readonly accepts: { readonly kinds: readonly string[]; readonly contentTypes: readonly string[] };
  /** Steps that must be done before. */
  readonly after?: readonly string[];
  /** Grows when its results change: files processed before are then processed again when they are retried. Default 1. */
  readonly version?: number;
}

/** Marks a provider that extends `ProcessingStepHandler` as a step; it is found in any module. */
export const ProcessingStep = DiscoveryService.createDecorator<StepDeclaration>();

/** The file a step works on, to be read as often and from wherever it likes. */
export interface StepInput {
  readonly sizeBytes: number;
  /** Rejects with the store's errors; a missing object is `ObjectMissingError`. */
  open(range?: ByteRange): Promise<Readable>;
}

/** Which of a file's results is meant. */
export interface StepResultName {
  /** One whose names are places. */
  readonly kind: FileKind;
  /** Without extension; unique per source. */
  readonly name: string;
  /** Without dot. */
  readonly extension: string;
}

/** A file that a step makes. */
export interface StepResult extends StepResultName {
  /** Of bytes. */
  readonly body: Readable;
}

/** What a step is given. */
export interface StepContext {
  readonly file: StoredFile;
  readonly input: StepInput;
  /** Aborted when the run must end at once: cancelled, overtaken, or the service stops. */
  readonly signal: AbortSignal;
  /** 0 to 1, of this step. */
  readonly progress: (fraction: number) => void;
  /** A result of a step that this one comes after; undefined when there is none, or somebody has deleted it. */
  findResult(result: StepResultName): Promise<Readable | undefined>;
  /** Sends a result. It counts, together with the step's other results, when the step has returned. */
  addResult(result: StepResult): Promise<void>;
}

/**
 * The code of a step. A `DomainError` of a kind other than `unavailable` and `out-of-space` fails the file at once; any other
 * error is tried again, up to five runs.
 */
export abstract class ProcessingStepHandler {
  abstract run(context: StepContext): Promise<void>;
}
