import fc from 'fast-check';
import { MIN_SAMPLES_PER_PIXEL, parseWaveform, WaveformAccumulator } from './waveform-data.js';

function accumulate(
  samples: readonly number[],
  options: { maxPixels?: number; channels?: number; chunk?: number } = {},
) {
  const { maxPixels = 20_000, channels = 1, chunk = samples.length || 1 } = options;
  const accumulator = new WaveformAccumulator(maxPixels);
  for (let at = 0; at < samples.length; at += chunk) {
    accumulator.add(Int16Array.from(samples.slice(at, at + chunk)), channels);
  }
  return accumulator.toWaveform(8000);
}

/** What the format's description says, without any cleverness. */
function expected(samples: readonly number[], samplesPerPixel: number): number[] {
  const data: number[] = [];
  for (let at = 0; at < samples.length; at += samplesPerPixel) {
    const pixel = samples.slice(at, at + samplesPerPixel);
    data.push(Math.min(...pixel), Math.max(...pixel));
  }
  return data;
}

describe('WaveformAccumulator', () => {
  it('keeps lowest and highest of every 256 samples, the last pixel as far as it goes', () => {
    const samples = Array.from({ length: 600 }, (_, index) => (index % 2 === 0 ? index : -index));
    expect(accumulate(samples)).toEqual({
      version: 2,
      channels: 1,
      sample_rate: 8000,
      samples_per_pixel: 256,
      bits: 16,
      length: 3,
      data: [-255, 254, -511, 510, -599, 598],
    });
  });

  it('averages the channels, towards zero', () => {
    expect(accumulate([100, 201, -100, -201], { channels: 2 }).data).toEqual([-150, 150]);
  });

  it('says of any samples, in any portions, what one pass over all of them would say', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 5000 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 4 }),
        (samples, chunk, halfPixels) => {
          const waveform = accumulate(samples, { maxPixels: 2 * halfPixels, chunk });
          expect(waveform.length).toBeLessThanOrEqual(2 * halfPixels);
          expect(waveform.length).toBe(Math.ceil(samples.length / waveform.samples_per_pixel));
          expect(waveform.data).toEqual(expected(samples, waveform.samples_per_pixel));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('halves the resolution only when it must', () => {
    const full = Array<number>(4 * MIN_SAMPLES_PER_PIXEL).fill(1);
    expect(accumulate(full, { maxPixels: 4 })).toMatchObject({ samples_per_pixel: 256, length: 4 });
    expect(accumulate([...full, 1], { maxPixels: 4 })).toMatchObject({ samples_per_pixel: 512, length: 3 });
  });

  it('has no pixels without samples', () => {
    expect(accumulate([])).toMatchObject({ length: 0, data: [] });
  });
});

describe('parseWaveform', () => {
  const waveform = accumulate([1, -2, 3]);

  it('takes a waveform', () => {
    expect(parseWaveform(structuredClone(waveform))).toEqual(waveform);
  });

  it.each([
    null,
    [],
    { ...waveform, version: 1 },
    { ...waveform, length: 2 },
    { ...waveform, length: 0, data: [] },
    { ...waveform, data: [3, -2] },
    { ...waveform, data: [-2, 40_000] },
    { ...waveform, data: [-2, '3'] },
    { ...waveform, sample_rate: -1 },
  ])('refuses %j', (value) => {
    expect(parseWaveform(value)).toBeUndefined();
  });
});
