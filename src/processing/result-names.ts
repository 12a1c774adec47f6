import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import type { StoredFile } from '../files/index.js';
import type { KeyParameters } from '../storage/index.js';
import { ProcessedFile } from './processed-file.entity.js';
import type { StepResultName } from './processing-step.js';

/** A recording, as far as the names of its results go. */
export interface ResultSource {
  readonly fileId: string;
  readonly ownsPlainNames: boolean;
}

/**
 * The name that a result has in its session, without extension. The first recording of a session owns the plain names;
 * another's carry its id.
 */
export function nameOfResult(name: string, { fileId, ownsPlainNames }: ResultSource): string {
  return ownsPlainNames ? name : `${name}.${fileId}`;
}

/** What the key of a step's result is built of. */
export function parametersOfResult(
  { name, extension }: Pick<StepResultName, 'name' | 'extension'>,
  source: ResultSource & { readonly file: StoredFile },
): KeyParameters {
  const { sessionId } = source.file;
  return { name: nameOfResult(name, source), ext: extension, ...(sessionId != null && { sessionId }) };
}

/** Names for results that are made outside of processing, by the same rule. */
@Injectable()
export class ResultNames {
  constructor(private readonly em: EntityManager) {}

  /** The name of a result of this file. Which file owns the plain names is settled when it is stored, and stays so. */
  async of(fileId: string, name: string): Promise<string> {
    const owner = await this.em.fork().count(ProcessedFile, { fileId, ownsPlainNames: true });
    return nameOfResult(name, { fileId, ownsPlainNames: owner > 0 });
  }
}
