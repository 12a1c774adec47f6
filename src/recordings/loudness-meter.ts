import type { Frame } from 'node-av/lib';
import { AudioFilter } from './audio-filter.js';
import type { FrameConsumer } from './audio-decoder.js';
import type { Loudness } from './probe-result.js';

/** What the gate reads in silence (EBU Tech 3341: the absolute threshold). */
const SILENCE_LUFS = -70;

/** Measures loudness by EBU R 128, true peaks by oversampling. */
export class LoudnessMeter implements FrameConsumer {
  private filter: AudioFilter | undefined;

  consume(frame: Frame): void {
    this.filter ??= new AudioFilter('ebur128=peak=true:framelog=quiet', frame);
    this.filter.send(frame);
  }

  finish(): void {
    this.filter?.finish();
  }

  /** After `finish`. */
  loudness(): Loudness {
    const integrated = this.read('integrated');
    const peak = this.read('true_peak');
    return {
      integratedLufs: integrated > SILENCE_LUFS ? hundredths(integrated) : null,
      truePeakDbtp: Number.isFinite(peak) ? hundredths(peak) : null,
      rangeLu: hundredths(this.read('range')),
    };
  }

  private read(option: string): number {
    return this.filter?.readNumber('ebur128', option) ?? Number.NaN;
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
