import type { Frame } from 'node-av/lib';
import { AudioFilter } from './audio-filter.js';
import type { FrameConsumer } from './audio-decoder.js';
import { WaveformAccumulator, type Waveform } from './waveform-data.js';

/** Larger than any codec's frame: few calls into FFmpeg, little memory. */
const SAMPLES_PER_CALL = 16_384;

/** Collects the waveform of what is decoded. */
export class WaveformMeter implements FrameConsumer {
  private readonly accumulator = new WaveformAccumulator();
  private filter: AudioFilter | undefined;

  consume(frame: Frame): void {
    this.filter ??= new AudioFilter(`aformat=sample_fmts=s16,asetnsamples=n=${SAMPLES_PER_CALL}:p=0`, frame);
    this.filter.send(frame, this.collect);
  }

  finish(): void {
    this.filter?.finish(this.collect);
  }

  /** After `finish`. */
  waveform(sampleRateHz: number): Waveform {
    return this.accumulator.toWaveform(sampleRateHz);
  }

  private readonly collect = (frame: Frame): void => {
    const bytes = frame.data?.[0];
    if (!bytes) return;
    const samples = new Int16Array(bytes.buffer, bytes.byteOffset, frame.nbSamples * frame.channels);
    this.accumulator.add(samples, frame.channels);
  };
}
