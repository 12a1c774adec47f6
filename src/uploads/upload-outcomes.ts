import { BadRequestException, Injectable } from '@nestjs/common';
import { DomainError } from '../errors/index.js';
import type { StoredFile } from '../files/index.js';
import type { ReplayedFile } from '../intake/index.js';
import { Metrics } from '../metrics/index.js';
import type { Receipt } from './receipt.js';

/** Files that were confirmed, the main one first, and what their sender is answered. */
export interface ConfirmedFiles<Answer> {
  readonly state: 'stored';
  readonly files: readonly StoredFile[];
  readonly answer: (file: StoredFile, files: readonly StoredFile[]) => Answer;
}

/** Counts uploads by what becomes of them, and makes the receipt. */
@Injectable()
export class UploadOutcomes {
  constructor(private readonly metrics: Metrics) {}

  /** `kind`: what the upload is counted under until it is known what came. */
  async count<Answer>(
    kind: string,
    take: () => Promise<ConfirmedFiles<Answer> | ReplayedFile>,
  ): Promise<Receipt<Answer>> {
    try {
      const taken = await take();
      if (taken.state === 'replayed') {
        this.metrics.uploads.inc({ kind, outcome: 'replayed' });
        return { answer: taken.answer as Answer, replayed: true };
      }
      const [main] = taken.files;
      if (main === undefined) throw new Error('A file was sent, and none was confirmed');
      this.metrics.uploads.inc({ kind: main.kind, outcome: 'stored' });
      this.metrics.uploadedBytes.inc({ kind: main.kind }, main.sizeBytes ?? 0);
      return { answer: taken.answer(main, taken.files), replayed: false };
    } catch (error) {
      this.metrics.uploads.inc({ kind, outcome: outcomeOf(error) });
      throw error;
    }
  }
}

function outcomeOf(error: unknown): string {
  if (error instanceof DomainError) return error.code;
  return error instanceof BadRequestException ? 'VALIDATION_FAILED' : 'INTERNAL_ERROR';
}
