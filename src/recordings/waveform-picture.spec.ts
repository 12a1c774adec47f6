import sharp from 'sharp';
import type { Waveform } from './waveform-data.js';
import { drawWaveform } from './waveform-picture.js';

const SIZE = { width: 100, height: 41 };

function waveform(data: readonly number[]): Waveform {
  return {
    version: 2,
    channels: 1,
    sample_rate: 8000,
    samples_per_pixel: 256,
    bits: 16,
    length: data.length / 2,
    data,
  };
}

/** How many pixels of each column are not transparent. */
async function heights(png: Buffer): Promise<number[]> {
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return Array.from({ length: info.width }, (_, x) => {
    let count = 0;
    for (let y = 0; y < info.height; y += 1) if (data[(y * info.width + x) * 4 + 3] === 255) count += 1;
    return count;
  });
}

describe('drawWaveform', () => {
  it('draws a PNG of the size that was asked for', async () => {
    const png = await drawWaveform(waveform([-100, 100]), SIZE);
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', ...SIZE });
  });

  it('is 1800 by 280 by itself', async () => {
    expect(await sharp(await drawWaveform(waveform([-1, 1]))).metadata()).toMatchObject({ width: 1800, height: 280 });
  });

  it('draws silence as a line and full scale from edge to edge', async () => {
    const columns = await heights(await drawWaveform(waveform([0, 0, -32_768, 32_767]), SIZE));
    expect(columns.slice(0, 50)).toEqual(Array<number>(50).fill(1));
    expect(columns.slice(50)).toEqual(Array<number>(50).fill(41));
  });

  it('draws a quiet recording up to eight times as high, not endlessly', async () => {
    expect((await heights(await drawWaveform(waveform([-4096, 4096]), SIZE)))[0]).toBe(41);
    expect((await heights(await drawWaveform(waveform([-1024, 1024]), SIZE)))[0]).toBe(11);
  });

  it('shows the highest of all that one column stands for', async () => {
    const data = Array<number>(2 * 100_00).fill(0);
    data[2 * 5050] = -32_768;
    const columns = await heights(await drawWaveform(waveform(data), SIZE));
    expect(columns[50]).toBe(21);
    expect(columns[49]).toBe(1);
  });
});
