import sharp, { type OutputInfo, type Sharp } from 'sharp';
import { PictureShape, type PictureJob, type RenderedPicture, type RenderedPictures } from './picture-job.js';

const MAIN_SIDE = 512;
const THUMBNAIL_SIDE = 128;
const JPEG = { quality: 86, chromaSubsampling: '4:4:4' } as const;
const PNG = { compressionLevel: 9 } as const;
const TRANSPARENT = { r: 0, g: 0, b: 0, alpha: 0 } as const;

/** The decoders of what may be sent, from memory. Every other is blocked, whatever the bytes say they are. */
const DECODERS = [
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadNsgifBuffer',
];

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels, uncompressed and sRGB, without anything else that the file held. */
interface Pixels {
  readonly data: Buffer;
  readonly info: OutputInfo;
}

/** The header states more pixels than are taken. */
export class TooManyPixels extends Error {
  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    super(`${width} x ${height}`);
  }
}

/** Leaves sharp only what this work needs. For the whole process, and for good. */
export function confineSharp(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: DECODERS });
  sharp.cache(false);
  sharp.concurrency(1);
}

/**
 * Makes both sizes out of one decoding: upright, in sRGB, without metadata, of animations the first frame. Nothing is enlarged.
 * Throws `TooManyPixels`, or what sharp says of bytes it cannot read to their end.
 */
export async function renderPictures(input: Buffer, { shape, maxPixels }: PictureJob): Promise<RenderedPictures> {
  const { width, height, autoOrient } = await sharp(input, { limitInputPixels: false }).metadata();
  if (width * height > maxPixels) throw new TooManyPixels(width, height);
  const source = sharp(input, {
    limitInputPixels: maxPixels,
    failOn: 'error',
    sequentialRead: true,
    autoOrient: true,
    pages: 1,
  });
  const pixels = await fit(source, shape, autoOrient)
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const smaller = await reopen(pixels)
    .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: 'inside', withoutEnlargement: true })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { main: await encode(pixels, shape), thumbnail: await encode(smaller, shape) };
}

/** Into a square: an avatar is cut to its shorter side, a logo is kept whole, with transparent bars beside it. */
function fit(source: Sharp, shape: PictureShape, { width, height }: Size): Sharp {
  switch (shape) {
    case PictureShape.Avatar:
      return source
        .resize({ ...square(Math.min(width, height)), fit: 'cover', position: sharp.strategy.attention })
        .flatten({ background: '#ffffff' });
    case PictureShape.Logo:
      return source
        .resize({ ...square(Math.max(width, height)), fit: 'contain', background: TRANSPARENT })
        .ensureAlpha();
    default:
      return shape satisfies never;
  }
}

function square(most: number): Size {
  const side = Math.min(MAIN_SIDE, most);
  return { width: side, height: side };
}

async function encode(pixels: Pixels, shape: PictureShape): Promise<RenderedPicture> {
  const encoder = shape === PictureShape.Avatar ? reopen(pixels).jpeg(JPEG) : reopen(pixels).png(PNG);
  const { data, info } = await encoder.toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, bytes: data };
}

function reopen({ data, info: { width, height, channels } }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}
