import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export interface Rgb {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

export const RED: Rgb = { r: 255, g: 0, b: 0 };
export const BLUE: Rgb = { r: 0, g: 0, b: 255 };
export const GREEN: Rgb = { r: 0, g: 255, b: 0 };
export const WHITE: Rgb = { r: 255, g: 255, b: 255 };

/** A picture of one colour. */
export function plain(colour: Rgb, width = 300, height = 200): Sharp {
  return sharp({ create: { width, height, channels: 3, background: colour } });
}

/** Left half red, right half blue. */
export function halves(width = 300, height = 200): Sharp {
  const left = { create: { width: width / 2, height, channels: 3 as const, background: RED } };
  return plain(BLUE, width, height).composite([{ input: left, left: 0, top: 0 }]);
}

/** One colour a frame, the first one red. */
export async function animated(): Promise<Sharp> {
  const frames = await Promise.all([RED, BLUE, GREEN].map((colour) => plain(colour, 64, 64).png().toBuffer()));
  return sharp(frames, { join: { animated: true } });
}

export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A PNG, grey and one bit a pixel, whose header may claim anything. */
export function pngOf({ width, height, rows }: { width: number; height: number; rows: Uint8Array }): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows, { level: 9 })),
    pngChunk('IEND', new Uint8Array()),
  ]);
}

/** Puts chunks between a PNG's header and the rest of it. */
export function withChunks(png: Buffer, chunks: readonly Buffer[]): Buffer {
  const end = PNG_SIGNATURE.length + 25;
  return Buffer.concat([png.subarray(0, end), ...chunks, png.subarray(end)]);
}

/** A text or a profile that unpacks to 100 MB. */
export function packedChunk(type: 'zTXt' | 'iCCP'): Buffer {
  return pngChunk(type, Buffer.concat([Buffer.from('name\0\0', 'latin1'), deflateSync(Buffer.alloc(100_000_000))]));
}

/** An animated PNG: the still picture first, then a frame of other bytes. */
export function animatedPng(png: Buffer): Buffer {
  const control = Buffer.alloc(8);
  control.writeUInt32BE(2, 0);
  return withChunks(png, [pngChunk('acTL', control)]);
}

/** A JPEG that states another size than it has. */
export function jpegClaiming(jpeg: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(jpeg);
  const frame = copy.indexOf(Buffer.from([0xff, 0xc0]));
  copy.writeUInt16BE(height, frame + 5);
  copy.writeUInt16BE(width, frame + 7);
  return copy;
}

/** A GIF whose screen and first frame state a size they do not have. */
export function gifClaiming(gif: Buffer, side: number): Buffer {
  const copy = Buffer.from(gif);
  const size = copy.subarray(6, 10);
  const frame = copy.indexOf(Buffer.concat([Buffer.from([0x2c, 0, 0, 0, 0]), size]));
  for (const at of [6, 8, frame + 5, frame + 7]) copy.writeUInt16LE(side, at);
  return copy;
}

/** A lossy WebP that states another size than it has. */
export function webpClaiming(webp: Buffer, side: number): Buffer {
  const copy = Buffer.from(webp);
  const start = copy.indexOf(Buffer.from([0x9d, 0x01, 0x2a]));
  for (const at of [start + 3, start + 5]) copy.writeUInt16LE(side, at);
  return copy;
}

/** A JPEG with a comment behind its first marker. */
export function jpegWithComment(jpeg: Buffer, comment: string): Buffer {
  const text = Buffer.from(comment);
  const marker = Buffer.from([0xff, 0xfe, 0, 0]);
  marker.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), marker, text, jpeg.subarray(2)]);
}

/** The first three quarters of it. */
export function truncated(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length * 0.75));
}

/** Noise, so that there is something to cut off. */
export function noise(side = 200): Sharp {
  return sharp({
    create: {
      width: side,
      height: side,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });
}

/** The colour of one pixel, counted from the top left in parts of width and height. */
export async function colourAt(bytes: Uint8Array, x = 0.5, y = 0.5): Promise<Rgb & { readonly a: number }> {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * 4;
  return { r: data[at] ?? 0, g: data[at + 1] ?? 0, b: data[at + 2] ?? 0, a: data[at + 3] ?? 0 };
}

export function isNear(actual: Rgb, expected: Rgb, tolerance = 12): boolean {
  return (['r', 'g', 'b'] as const).every((part) => Math.abs(actual[part] - expected[part]) <= tolerance);
}
