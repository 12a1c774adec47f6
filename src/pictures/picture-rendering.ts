import sharp, { type OutputInfo, type Sharp } from 'sharp';
import { PictureShape, type PictureJob, type RenderedPicture, type RenderedPictures } from './picture-job.js';

const MAIN_SIDE = 512;
const THUMBNAIL_SIDE = 128;
const JPEG = { quality: 86, chromaSubsampling: '4:4:4' } as const;
const PNG = { compressionLevel: 9 } as const;

/** The decoders of what may be sent, from memory. Every other is blocked, whatever the bytes say they are. */
const DECODERS = [
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadNsgifBuffer',
];

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
  const pixels = await fit(source, shape, Math.min(MAIN_SIDE, autoOrient.width, autoOrient.height))
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const smaller = await reopen(pixels)
    .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: 'inside', withoutEnlargement: true })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { main: await encode(pixels, shape), thumbnail: await encode(smaller, shape) };
}

function fit(source: Sharp, shape: PictureShape, squareSide: number): Sharp {
  switch (shape) {
    case PictureShape.Avatar:
      return source
        .resize({ width: squareSide, height: squareSide, fit: 'cover', position: sharp.strategy.attention })
        .flatten({ background: '#ffffff' });
    case PictureShape.Logo:
      return source
        .resize({ width: MAIN_SIDE, height: MAIN_SIDE, fit: 'inside', withoutEnlargement: true })
        .ensureAlpha();
    default:
      return shape satisfies never;
  }
}

async function encode(pixels: Pixels, shape: PictureShape): Promise<RenderedPicture> {
  const encoder = shape === PictureShape.Avatar ? reopen(pixels).jpeg(JPEG) : reopen(pixels).png(PNG);
  const { data, info } = await encoder.toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, bytes: data };
}

function reopen({ data, info: { width, height, channels } }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}
