import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { ProcessingStep, ProcessingStepHandler, type StepContext } from '../processing/index.js';
import { sessionOriginal, sessionResult } from '../sessions/index.js';
import { MediaProcess, type MediaWorkOptions } from './media-process.js';
import { drawWaveform } from './waveform-picture.js';

const RECORDINGS = { kinds: [sessionOriginal.name], contentTypes: ['audio/*', 'video/*'] };

/** What a recording is: container, codec, length, loudness; as `probe.json`. */
@ProcessingStep({ name: 'probe', accepts: RECORDINGS })
@Injectable()
export class ProbeStep extends ProcessingStepHandler {
  constructor(private readonly media: MediaProcess) {
    super();
  }

  override async run(context: StepContext): Promise<void> {
    const result = await this.media.probe(context.input, workOptions(context));
    await context.addResult({ kind: sessionResult, name: 'probe', extension: 'json', body: json(result) });
  }
}

/** A recording to look at: `waveform.json` (audiowaveform JSON version 2) and `waveform.png`. */
@ProcessingStep({ name: 'waveform', accepts: RECORDINGS, after: ['probe'] })
@Injectable()
export class WaveformStep extends ProcessingStepHandler {
  constructor(private readonly media: MediaProcess) {
    super();
  }

  override async run(context: StepContext): Promise<void> {
    const waveform = await this.media.waveform(context.input, workOptions(context));
    await context.addResult({ kind: sessionResult, name: 'waveform', extension: 'json', body: json(waveform) });
    const picture = await drawWaveform(waveform);
    await context.addResult({
      kind: sessionResult,
      name: 'waveform',
      extension: 'png',
      body: Readable.from([picture]),
    });
  }
}

function workOptions({ signal, progress }: StepContext): MediaWorkOptions {
  return { signal, onProgress: progress };
}

function json(value: unknown): Readable {
  return Readable.from([Buffer.from(JSON.stringify(value))]);
}
