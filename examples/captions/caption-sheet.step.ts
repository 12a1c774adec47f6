import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { ProcessingStep, ProcessingStepHandler, type StepContext } from '../../src/processing/index.js';
import { sessionOriginal, sessionResult } from '../../src/sessions/index.js';
import { captionSheet } from './caption-kinds.js';
import { ProbeUnusableError } from './captions.errors.js';
import { emptyCues } from './web-vtt.js';

const PROBE = { kind: sessionResult, name: 'probe', extension: 'json' };

/** A recording that is said to be longer than a week is not: the probe may be anybody's, and the sheet would have no end. */
const MAX_SECONDS = 7 * 86_400;

/** A sheet for the captions of a recording, as `captions.vtt`: one empty cue after the other, to its end. */
@ProcessingStep({
  name: 'caption-sheet',
  accepts: { kinds: [sessionOriginal.name], contentTypes: ['audio/*', 'video/*'] },
  after: ['probe'],
})
@Injectable()
export class CaptionSheetStep extends ProcessingStepHandler {
  override async run(context: StepContext): Promise<void> {
    const probe = await context.findResult(PROBE);
    if (probe === undefined) throw new ProbeUnusableError('it is not there');
    const body = Readable.from(emptyCues(durationIn(await json(probe))), { objectMode: false });
    await context.addResult({ kind: captionSheet, name: 'captions', extension: 'vtt', body });
  }
}

function durationIn(probe: unknown): number {
  if (typeof probe === 'object' && probe !== null && 'durationSeconds' in probe) {
    const { durationSeconds } = probe;
    if (typeof durationSeconds === 'number' && durationSeconds >= 0 && durationSeconds <= MAX_SECONDS)
      return durationSeconds;
  }
  throw new ProbeUnusableError('it does not say how long the recording is, a week at the most');
}
