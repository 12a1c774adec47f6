import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { until } from '../support/service.js';
import {
  animated,
  animatedPng,
  colourAt,
  GREEN,
  gifClaiming,
  halves,
  isNear,
  jpegClaiming,
  jpegWithComment,
  noise,
  packedChunk,
  plain,
  pngChunk,
  pngOf,
  RED,
  truncated,
  webpClaiming,
  withChunks,
  BLUE,
  type Rgb,
} from '../pictures/picture-inputs.js';
import { BOUNDARY, expectError, filePart, formBody, send, startService, toAnswer, type Running } from './e2e.js';
import { logo, put, shown, taken, traces, userAvatar } from './pictures.js';

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>';
const HTML = '<!doctype html><html><body><script>alert(1)</script></body></html>';
const MARK = 'CATALYST-PAYLOAD';
const PAYLOAD = Buffer.from(`\r\n<html><script>/*${MARK}*/alert(1)</script>PK\x03\x04<?php echo '${MARK}'; ?>`);

interface Hostile {
  readonly what: string;
  readonly name: string;
  readonly make: () => Buffer | Promise<Buffer>;
}
interface Refused extends Hostile {
  readonly status: number;
  readonly code: string;
}
interface Taken extends Hostile {
  /** In the middle of what is stored. */
  readonly colour?: Rgb;
  readonly width?: number;
  readonly height?: number;
}

const red = (): Promise<Buffer> => plain(RED).png().toBuffer();
const redJpeg = (): Promise<Buffer> => plain(RED).jpeg().toBuffer();
const UNREADABLE = { status: 422, code: 'PICTURE_UNREADABLE' };
const TOO_LARGE = { status: 422, code: 'PICTURE_TOO_LARGE' };
const WRONG_TYPE = { status: 415, code: 'TYPE_NOT_ACCEPTED' };

const REFUSED: readonly Refused[] = [
  {
    ...TOO_LARGE,
    what: 'a PNG that unpacks to 30,000 x 30,000 pixels',
    name: 'bomb.png',
    make: () => pngOf({ width: 30_000, height: 30_000, rows: Buffer.alloc(3751 * 30_000) }),
  },
  {
    ...TOO_LARGE,
    what: 'a PNG header that claims as much, with nothing behind it',
    name: 'claim.png',
    make: () => pngOf({ width: 30_000, height: 30_000, rows: Buffer.alloc(10) }),
  },
  {
    ...UNREADABLE,
    what: 'a PNG one pixel high and two thousand million wide',
    name: 'wide.png',
    make: () => pngOf({ width: 2 ** 31 - 1, height: 1, rows: Buffer.alloc(10) }),
  },
  {
    ...TOO_LARGE,
    what: 'a JPEG header that claims 30,000 x 30,000',
    name: 'claim.jpg',
    make: async () => jpegClaiming(await redJpeg(), 30_000, 30_000),
  },
  {
    ...TOO_LARGE,
    what: 'a GIF whose frame claims 60,000 x 60,000',
    name: 'claim.gif',
    make: async () => gifClaiming(await plain(RED).gif().toBuffer(), 60_000),
  },
  {
    ...TOO_LARGE,
    what: 'a WebP that claims 12,000 x 12,000',
    name: 'claim.webp',
    make: async () => webpClaiming(await plain(RED).webp().toBuffer(), 12_000),
  },
  {
    // libwebp asks for the memory before anybody can judge: the kernel refuses.
    status: 422,
    code: 'PICTURE_TOO_COMPLEX',
    what: 'a WebP that claims the largest size there is',
    name: 'claim.webp',
    make: async () => webpClaiming(await plain(RED).webp().toBuffer(), 16_383),
  },
  {
    ...UNREADABLE,
    what: 'a PNG of no width',
    name: 'zero.png',
    make: () => pngOf({ width: 0, height: 10, rows: Buffer.alloc(10) }),
  },
  {
    ...UNREADABLE,
    what: 'a PNG with fewer rows than it says',
    name: 'short.png',
    make: () => pngOf({ width: 1000, height: 1000, rows: Buffer.alloc(1000) }),
  },
  {
    ...UNREADABLE,
    what: 'a PNG whose rows are no deflate stream',
    name: 'noise.png',
    make: async () => {
      const png = await noise().png().toBuffer();
      png.fill(0x55, 100, png.length - 100);
      return png;
    },
  },
  {
    ...UNREADABLE,
    what: 'a truncated JPEG',
    name: 't.jpg',
    make: async () => truncated(await noise().jpeg().toBuffer()),
  },
  {
    ...UNREADABLE,
    what: 'a truncated PNG',
    name: 't.png',
    make: async () => truncated(await noise().png().toBuffer()),
  },
  {
    ...UNREADABLE,
    what: 'a truncated WebP',
    name: 't.webp',
    make: async () => truncated(await noise().webp().toBuffer()),
  },
  {
    ...UNREADABLE,
    what: 'a truncated GIF',
    name: 't.gif',
    make: async () => truncated(await noise().gif().toBuffer()),
  },
  {
    ...UNREADABLE,
    what: 'the first bytes of a JPEG',
    name: 'j.jpg',
    make: () => Buffer.from('ffd8ffe000104a46494600010101', 'hex'),
  },
  {
    ...UNREADABLE,
    what: 'a PNG signature in front of HTML',
    name: 'p.png',
    make: async () => Buffer.concat([(await red()).subarray(0, 33), Buffer.from(HTML)]),
  },
  {
    ...WRONG_TYPE,
    what: 'a GIF that is a script',
    name: 'g.gif',
    make: () => Buffer.from(`GIF89a=1;/*${MARK}*/alert(1)`),
  },
  { ...WRONG_TYPE, what: 'an SVG with a script', name: 'x.svg', make: () => Buffer.from(SVG) },
  { ...WRONG_TYPE, what: 'an SVG named .png', name: 'x.png', make: () => Buffer.from(SVG) },
  { ...WRONG_TYPE, what: 'HTML named .png', name: 'x.png', make: () => Buffer.from(HTML) },
  { ...WRONG_TYPE, what: 'a TIFF named .jpg', name: 'x.jpg', make: () => plain(RED).tiff().toBuffer() },
  {
    ...WRONG_TYPE,
    what: 'an AVIF named .webp',
    name: 'x.webp',
    make: () => plain(RED, 16, 16).avif({ effort: 0 }).toBuffer(),
  },
  { ...WRONG_TYPE, what: 'a PDF named .jpeg', name: 'x.jpeg', make: () => Buffer.from('%PDF-1.7\n%%EOF\n') },
  { ...WRONG_TYPE, what: 'a PNG named .jpg', name: 'x.jpg', make: red },
  { ...WRONG_TYPE, what: 'a name without extension', name: 'picture', make: red },
  { ...WRONG_TYPE, what: 'a PNG with a second extension', name: 'x.png.exe', make: red },
  { status: 400, code: 'EMPTY_FILE', what: 'no bytes', name: 'x.png', make: () => Buffer.alloc(0) },
  { status: 400, code: 'NO_FILE', what: 'a name of dots', name: '..', make: red },
  { status: 400, code: 'INVALID_FILENAME', what: 'a name of nothing that can be seen', name: '\u202e', make: red },
  {
    status: 413,
    code: 'FILE_TOO_LARGE',
    what: 'more bytes than are taken',
    name: 'x.png',
    make: async () => Buffer.concat([await red(), Buffer.alloc(20 * 1024 ** 2)]),
  },
];

const TAKEN: readonly Taken[] = [
  { what: 'one pixel', name: 'x.png', make: () => plain(RED, 1, 1).png().toBuffer(), colour: RED, width: 1, height: 1 },
  { what: 'a line', name: 'x.png', make: () => plain(RED, 10_000, 1).png().toBuffer(), width: 512, height: 512 },
  { what: 'a column', name: 'x.gif', make: () => plain(RED, 1, 10_000).gif().toBuffer(), width: 512, height: 512 },
  {
    what: 'a PNG that unpacks to 64 million pixels',
    name: 'x.png',
    make: () => pngOf({ width: 8000, height: 8000, rows: Buffer.alloc(1001 * 8000) }),
    colour: { r: 0, g: 0, b: 0 },
  },
  {
    what: 'an animated GIF',
    name: 'x.gif',
    make: async () => (await animated()).gif().toBuffer(),
    colour: RED,
    width: 64,
    height: 64,
  },
  {
    what: 'an animated WebP',
    name: 'x.webp',
    make: async () => (await animated()).webp({ lossless: true }).toBuffer(),
    colour: RED,
    width: 64,
    height: 64,
  },
  { what: 'an animated PNG', name: 'x.png', make: async () => animatedPng(await red()), colour: RED },
  {
    what: 'a CMYK JPEG',
    name: 'x.jpg',
    make: () => plain(RED).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
    colour: { r: 232, g: 0, b: 0 },
  },
  { what: 'a 16-bit PNG', name: 'x.png', make: () => plain(RED).toColourspace('rgb16').png().toBuffer(), colour: RED },
  {
    what: 'a grey PNG',
    name: 'x.png',
    make: () => plain({ r: 90, g: 90, b: 90 }).toColourspace('b-w').png().toBuffer(),
    colour: { r: 90, g: 90, b: 90 },
  },
  {
    what: 'a Display P3 profile',
    name: 'x.jpg',
    make: () => plain(GREEN).withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(),
    colour: GREEN,
  },
  {
    what: 'a profile that is none',
    name: 'x.png',
    make: async () =>
      withChunks(await red(), [pngChunk('iCCP', Buffer.concat([Buffer.from('name\0\0'), deflateSync(PAYLOAD)]))]),
    colour: RED,
  },
  {
    what: 'a profile that unpacks to 100 MB',
    name: 'x.png',
    make: async () => withChunks(await red(), [packedChunk('iCCP')]),
    colour: RED,
  },
  {
    what: 'a text that unpacks to 100 MB',
    name: 'x.png',
    make: async () => withChunks(await red(), [packedChunk('zTXt')]),
    colour: RED,
  },
  {
    what: 'many text chunks',
    name: 'x.png',
    make: async () =>
      withChunks(
        await red(),
        Array.from({ length: 500 }, () => pngChunk('tEXt', PAYLOAD)),
      ),
    colour: RED,
  },
  {
    what: 'a PNG that is HTML too',
    name: 'x.png',
    make: async () => Buffer.concat([withChunks(await red(), [pngChunk('tEXt', PAYLOAD)]), PAYLOAD]),
    colour: RED,
  },
  {
    what: 'a JPEG with a ZIP and a script behind it',
    name: 'x.jpg',
    make: async () => Buffer.concat([await redJpeg(), PAYLOAD]),
    colour: RED,
  },
  {
    what: 'a JPEG with a script in its comment',
    name: 'x.jpg',
    make: async () => jpegWithComment(await redJpeg(), PAYLOAD.toString()),
    colour: RED,
  },
  {
    what: 'a GIF that is a Java archive too',
    name: 'x.gif',
    make: async () => Buffer.concat([await plain(RED).gif().toBuffer(), PAYLOAD]),
    colour: RED,
  },
  {
    what: 'a WebP with a script behind it',
    name: 'x.webp',
    make: async () => Buffer.concat([await plain(RED).webp().toBuffer(), PAYLOAD]),
    colour: RED,
  },
  {
    what: 'EXIF and XMP that tell of its maker',
    name: 'x.jpg',
    make: () =>
      plain(RED)
        .withExif({ IFD0: { Copyright: MARK } })
        .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${MARK}</x:xmpmeta>`)
        .jpeg()
        .toBuffer(),
    colour: RED,
  },
];

describe('hostile pictures', () => {
  let running: Running;
  let count = 0;

  beforeAll(async () => {
    running = await startService();
  }, 120_000);
  afterAll(async () => {
    expect(running.service.logs).not.toContain('INTERNAL_ERROR');
    expect((await fetch(`${running.service.url}/health/live`)).status).toBe(200);
    await running.close();
  });

  it.each(REFUSED)('are refused, and nothing is left: $what', async ({ name, make, status, code }) => {
    const bytes = await make();
    const id = `refused-${(count += 1)}`;
    const places = [
      [userAvatar(id), 'media/avatars/users'],
      [logo(id), 'media/organization-logos'],
    ] as const;
    await Promise.all(
      places.map(async ([path, folder]) => {
        expectError(await toAnswer(await put(running.service, path, bytes, name)), status, code);
        expect(await traces(running, `${folder}/${id}/`)).toEqual([]);
      }),
    );
  });

  it.each(TAKEN)(
    'are made harmless: $what',
    async ({ name, make, colour, width, height }) => {
      const bytes = await make();
      const id = `taken-${(count += 1)}`;
      const check = async (path: string): Promise<void> => {
        const record = await taken(running.service, path, { bytes, name });
        for (const stored of await shown(running.service, record)) {
          const { format, exif, icc, xmp, iptc, comments, pages, space, channels, depth } =
            await sharp(stored).metadata();
          expect({ format, exif, icc, xmp, iptc, comments, pages, space, channels, depth }).toMatchObject({
            format: path === logo(id) ? 'png' : 'jpeg',
            space: 'srgb',
            channels: path === logo(id) ? 4 : 3,
            depth: 'uchar',
          });
          expect([exif, icc, xmp, iptc, comments, pages]).toEqual(Array.from({ length: 6 }));
          expect(stored.includes(MARK)).toBe(false);
          expect(stored.includes('<script')).toBe(false);
          if (colour !== undefined)
            expect({ found: await colourAt(stored), near: isNear(await colourAt(stored), colour) }).toMatchObject({
              near: true,
            });
        }
        if (path === logo(id) && width !== undefined && height !== undefined)
          expect(record.main).toMatchObject({ metadata: { width: String(width), height: String(height) } });
      };
      await Promise.all([check(userAvatar(id)), check(logo(id))]);
    },
    60_000,
  );

  it('are set upright, without the place where they were taken', async () => {
    const sideways = await halves()
      .withMetadata({ orientation: 6 })
      .withExifMerge({ IFD3: { GPSLatitude: '52/1 31/1 12/1', GPSLatitudeRef: 'N' }, IFD0: { Artist: MARK } })
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const before = await sharp(sideways).metadata();
    expect(before.orientation).toBe(6);
    expect(before.exif?.length).toBeGreaterThan(50);
    const record = await taken(running.service, logo('upright'), { bytes: sideways, name: 'x.jpg' });
    expect(record.main).toMatchObject({ metadata: { width: '300', height: '300' } });
    const avatar = await taken(running.service, userAvatar('upright'), { bytes: sideways, name: 'x.jpg' });
    for (const stored of [...(await shown(running.service, record)), ...(await shown(running.service, avatar))]) {
      const { exif, orientation } = await sharp(stored).metadata();
      expect([exif, orientation]).toEqual([undefined, undefined]);
      expect(stored.includes('GPS') || stored.includes(MARK)).toBe(false);
    }
    const [main] = await shown(running.service, record);
    expect(isNear(await colourAt(main, 0.5, 0.1), RED)).toBe(true);
    expect(isNear(await colourAt(main, 0.5, 0.9), BLUE)).toBe(true);
  });

  it.each([
    ['NO_FILE', formBody([{ name: 'note', body: 'x' }])],
    ['UNEXPECTED_FIELD', formBody([{ name: 'picture', filename: 'x.png', body: 'x' }])],
    ['MALFORMED_MULTIPART', formBody([filePart('x.png', 'x')]).subarray(0, 90)],
  ])('forms that are not right are refused: %s', async (code, body) => {
    expectError(await send(running.service, { method: 'PUT', path: userAvatar('form'), body }), 400, code);
  });

  it('a second file undoes the first, and a broken end too', async () => {
    const file = filePart('x.png', await red());
    for (const [code, body] of [
      ['SECOND_FILE', formBody([file, file])],
      ['MALFORMED_MULTIPART', formBody([file], `--${BOUNDARY}`)],
    ] as const) {
      expectError(await send(running.service, { method: 'PUT', path: userAvatar('form'), body }), 400, code);
    }
    expect(await traces(running, 'media/avatars/users/form/')).toEqual([]);
  });

  it.each(['-x', 'a%2Fb', '..%2F..', 'a'.repeat(65), '%00'])('ids that could be a path are refused: %s', async (id) => {
    const answer = await put(running.service, userAvatar(id), await red());
    expect(answer.status).toBe(400);
  });

  /** A form whose picture begins and then stands still, until it is aborted. */
  function stalled(id: string, body: Buffer, signal: AbortSignal): Promise<Response> {
    const slow = new ReadableStream<Uint8Array>({
      start: (stream) => {
        stream.enqueue(new Uint8Array(body.subarray(0, 400_000)));
      },
    });
    return running.service.fetch(userAvatar(id), {
      method: 'PUT',
      body: slow,
      duplex: 'half',
      signal,
      headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    });
  }

  it('senders that stand still fill the line, others are told to come back, and their going leaves nothing', async () => {
    const body = formBody([filePart('x.png', await noise(1500).png().toBuffer())]);
    const gone = new AbortController();
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const answer = await Promise.race([stalled('gone', body, gone.signal), sleep(4000)]).catch(() => undefined);
        return answer === undefined ? 'waiting' : answer.headers.get('retry-after') === '2' ? answer.status : 'wrong';
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'waiting')).toHaveLength(36);
    expect(outcomes.filter((outcome) => outcome === 503)).toHaveLength(4);
    expect(workers(running.service.pid)).toHaveLength(4);
    gone.abort();
    await until(
      'the end of all work',
      () => Promise.resolve(workers(running.service.pid)),
      (left) => left.length === 0,
    );
    expect(await traces(running, 'media/avatars/users/gone/')).toEqual([]);
    expect((await put(running.service, userAvatar('gone'), await red())).status).toBe(201);
  }, 60_000);

  it.each([
    ['SIGKILL', 503, 'PICTURE_WORK_FAILED'],
    ['SIGSEGV', 422, 'PICTURE_UNREADABLE'],
  ] as const)('a child that dies by %s is the end of its picture alone', async (signal, status, code) => {
    const body = formBody([filePart('x.png', await noise(1500).png().toBuffer())]);
    const answer = stalled('dead', body, AbortSignal.timeout(20_000));
    const [child] = await until(
      'a child',
      () => Promise.resolve(workers(running.service.pid)),
      (found) => found.length === 1,
    );
    process.kill(child ?? 0, signal);
    expectError(await toAnswer(await answer), status, code);
    expect(await traces(running, 'media/avatars/users/dead/')).toEqual([]);
  });
});

/** The processes in which a service decodes pictures now. */
function workers(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return children.filter((child) => {
    try {
      return readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('picture-worker');
    } catch {
      return false;
    }
  });
}
