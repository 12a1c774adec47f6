import sharp from 'sharp';
import type { Waveform } from './waveform-data.js';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

const DEFAULT_SIZE: PictureSize = { width: 1800, height: 280 };

const FULL_SCALE = 32_768;
/** Quiet recordings are drawn up to eight times as high, so that they can be seen; silence stays a line. */
const SMALLEST_SCALE = FULL_SCALE / 8;

/** Red, green, blue, opacity. The ground stays transparent: the picture stands on light and on dark pages. */
const PEAK_COLOUR = [0x94, 0xa3, 0xb8, 0xff] as const;
const BODY_COLOUR = [0x47, 0x55, 0x69, 0xff] as const;

/** Lowest and highest sample, and the averages of the pixels' lowest and highest, of what one column shows. */
interface Column {
  readonly low: number;
  readonly high: number;
  readonly bodyLow: number;
  readonly bodyHigh: number;
}

/** Draws a waveform as a PNG: the peaks in a light tone, their averages in a darker one. */
export async function drawWaveform(waveform: Waveform, size: PictureSize = DEFAULT_SIZE): Promise<Buffer> {
  const pixels = paint(waveform, size);
  return sharp(pixels, { raw: { ...size, channels: 4 } })
    .png({ palette: true, colours: 8, compressionLevel: 9 })
    .toBuffer();
}

function paint(waveform: Waveform, { width, height }: PictureSize): Buffer {
  const pixels = Buffer.alloc(width * height * 4);
  const middle = (height - 1) / 2;
  const scale = Math.max(SMALLEST_SCALE, highest(waveform));
  const row = (sample: number): number => Math.round(middle - (sample / scale) * middle);
  for (let x = 0; x < width; x += 1) {
    const column = columnAt(waveform, x, width);
    for (let y = row(column.high); y <= row(column.low); y += 1) {
      const inBody = y >= row(column.bodyHigh) && y <= row(column.bodyLow);
      pixels.set(inBody ? BODY_COLOUR : PEAK_COLOUR, (y * width + x) * 4);
    }
  }
  return pixels;
}

function columnAt(waveform: Waveform, x: number, width: number): Column {
  const first = Math.min(Math.floor((x * waveform.length) / width), waveform.length - 1);
  const last = Math.max(first + 1, Math.min(Math.floor(((x + 1) * waveform.length) / width), waveform.length));
  let low = 0;
  let high = 0;
  let lows = 0;
  let highs = 0;
  for (let pixel = first; pixel < last; pixel += 1) {
    const pixelLow = waveform.data[2 * pixel] ?? 0;
    const pixelHigh = waveform.data[2 * pixel + 1] ?? 0;
    low = Math.min(low, pixelLow);
    high = Math.max(high, pixelHigh);
    lows += Math.min(pixelLow, 0);
    highs += Math.max(pixelHigh, 0);
  }
  const count = last - first;
  return { low, high, bodyLow: lows / count, bodyHigh: highs / count };
}

function highest(waveform: Waveform): number {
  return waveform.data.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
}
