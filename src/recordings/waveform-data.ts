/**
 * audiowaveform's JSON, version 2 (https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md): one channel, the
 * average of all; `data` is the lowest and the highest sample of each pixel in turn.
 */
export interface Waveform {
  readonly version: 2;
  readonly channels: 1;
  readonly sample_rate: number;
  readonly samples_per_pixel: number;
  readonly bits: 16;
  /** Pixels, not numbers. */
  readonly length: number;
  readonly data: readonly number[];
}

/** Even, so that halving never leaves a pixel over. 20,000 pixels are some 250 kB of JSON. */
export const MAX_WAVEFORM_PIXELS = 20_000;
export const MIN_SAMPLES_PER_PIXEL = 256;

/**
 * Lowest and highest sample of each pixel, for a recording of any length in the memory of `maxPixels`: when all are used,
 * neighbours are joined and a pixel stands for twice the samples from then on.
 */
export class WaveformAccumulator {
  private samplesPerPixel = MIN_SAMPLES_PER_PIXEL;
  private readonly lows: Int16Array;
  private readonly highs: Int16Array;
  private pixels = 0;
  private samplesInPixel = 0;
  private low = 0;
  private high = 0;

  constructor(private readonly maxPixels = MAX_WAVEFORM_PIXELS) {
    if (maxPixels < 2 || maxPixels % 2 !== 0) throw new RangeError('maxPixels must be even');
    this.lows = new Int16Array(maxPixels);
    this.highs = new Int16Array(maxPixels);
  }

  /** Takes whole sample frames: `channels` samples each, interleaved. */
  add(samples: Int16Array, channels: number): void {
    for (let at = 0; at + channels <= samples.length; at += channels) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel += 1) sum += samples[at + channel] ?? 0;
      this.addSample(channels === 1 ? sum : Math.trunc(sum / channels));
    }
  }

  toWaveform(sampleRateHz: number): Waveform {
    const data: number[] = [];
    for (let pixel = 0; pixel < this.pixels; pixel += 1) data.push(this.lows[pixel] ?? 0, this.highs[pixel] ?? 0);
    if (this.samplesInPixel > 0) data.push(this.low, this.high);
    return {
      version: 2,
      channels: 1,
      sample_rate: sampleRateHz,
      samples_per_pixel: this.samplesPerPixel,
      bits: 16,
      length: data.length / 2,
      data,
    };
  }

  private addSample(sample: number): void {
    if (this.samplesInPixel === 0) {
      if (this.pixels === this.maxPixels) this.halve();
      this.low = sample;
      this.high = sample;
    } else if (sample < this.low) {
      this.low = sample;
    } else if (sample > this.high) {
      this.high = sample;
    }
    this.samplesInPixel += 1;
    if (this.samplesInPixel < this.samplesPerPixel) return;
    this.lows[this.pixels] = this.low;
    this.highs[this.pixels] = this.high;
    this.pixels += 1;
    this.samplesInPixel = 0;
  }

  private halve(): void {
    this.pixels /= 2;
    this.samplesPerPixel *= 2;
    for (let pixel = 0; pixel < this.pixels; pixel += 1) {
      this.lows[pixel] = Math.min(this.lows[2 * pixel] ?? 0, this.lows[2 * pixel + 1] ?? 0);
      this.highs[pixel] = Math.max(this.highs[2 * pixel] ?? 0, this.highs[2 * pixel + 1] ?? 0);
    }
  }
}

/** Checks what a child reported, as it has handled hostile bytes. `undefined` where it is no waveform of ours. */
export function parseWaveform(value: unknown): Waveform | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, channels, sample_rate, samples_per_pixel, bits, length, data } = value as Record<string, unknown>;
  if (version !== 2 || channels !== 1 || bits !== 16) return undefined;
  if (!isCount(sample_rate) || !isCount(samples_per_pixel) || !isCount(length)) return undefined;
  if (length > MAX_WAVEFORM_PIXELS || !Array.isArray(data) || data.length !== 2 * length) return undefined;
  const numbers: number[] = [];
  for (let pixel = 0; pixel < length; pixel += 1) {
    const low: unknown = data[2 * pixel];
    const high: unknown = data[2 * pixel + 1];
    if (!isSample(low) || !isSample(high) || low > high) return undefined;
    numbers.push(low, high);
  }
  return { version, channels, sample_rate, samples_per_pixel, bits, length, data: numbers };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isSample(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= -32_768 && (value as number) <= 32_767;
}
