import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { FileTooLargeError } from '../../src/intake/intake.errors.js';
import { parsePictureAnswer, PictureShape } from '../../src/pictures/picture-job.js';
import type { PictureLimits } from '../../src/pictures/picture-limits.js';
import { PictureProcess } from '../../src/pictures/picture-process.js';
import { colourAt, noise, plain, pngOf, RED } from './picture-inputs.js';

const WORKER = new URL('../../dist/pictures/picture-worker.js', import.meta.url);
const UNRULY = new URL('unruly-worker.mjs', import.meta.url);
const onLinux = process.platform === 'linux' ? it : it.skip;
const AVATAR = { shape: PictureShape.Avatar } as const;

/** Children of this process that were there before, such as a PostgreSQL. */
let others: readonly string[] = [];

/** Processes for pictures that are running now. */
function children(): string[] {
  return allChildren().filter((pid) => !others.includes(pid));
}

function allChildren(): string[] {
  if (process.platform !== 'linux') return [];
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ');
}

/** A sender that stays silent behind these bytes. */
function endless(text = ''): PassThrough {
  const body = new PassThrough();
  body.write(Buffer.from(text));
  return body;
}

function bytes(content: Uint8Array | string): Readable {
  return Readable.from([Buffer.from(content)]);
}

beforeAll(() => {
  if (!existsSync(WORKER)) throw new Error('These tests run the built worker: npm run build');
  others = allChildren();
});

describe('the work on a picture', () => {
  const real = (limits: Partial<PictureLimits> = {}): PictureProcess => new PictureProcess({ worker: WORKER, limits });
  const unruly = (limits: Partial<PictureLimits> = {}): PictureProcess =>
    new PictureProcess({ worker: UNRULY, limits });

  onLinux('gives both sizes, and leaves no process and no descriptor behind', async () => {
    const picture = await noise(600).png().toBuffer();
    await real().render(bytes(picture), AVATAR);
    const before = readdirSync('/proc/self/fd').length;
    const { main, thumbnail } = await real().render(bytes(picture), AVATAR);
    expect([main.width, main.height, thumbnail.width, thumbnail.height]).toEqual([512, 512, 128, 128]);
    await real()
      .render(bytes('nothing'), AVATAR)
      .catch(() => undefined);
    expect(children()).toEqual([]);
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
  });

  it.each([
    ['wide', plain(RED), 300, 128],
    ['high', plain(RED, 40, 100), 100, 100],
    ['a line', plain(RED, 3000, 1), 512, 128],
    ['grey', plain(RED, 2000, 1000).greyscale(), 512, 128],
    ['square', plain(RED, 64, 64), 64, 64],
  ] as const)('fits a logo whole into a square, with nothing around it: %s', async (what, picture, side, small) => {
    const { main, thumbnail } = await real().render(bytes(await picture.png().toBuffer()), {
      shape: PictureShape.Logo,
    });
    expect([main.width, main.height, thumbnail.width, thumbnail.height]).toEqual([side, side, small, small]);
    for (const { bytes: png } of [main, thumbnail]) {
      expect(await sharp(png).metadata()).toMatchObject({ format: 'png', hasAlpha: true, channels: 4 });
      expect((await colourAt(png, 0, 0)).a).toBe(what === 'square' ? 255 : 0);
      if (what !== 'a line') expect((await colourAt(png)).a).toBe(255);
    }
  });

  it('judges pixels by the header, before decoding', async () => {
    const small = real({ pixels: 1_000_000 });
    const exact = pngOf({ width: 1000, height: 1000, rows: Buffer.alloc(126 * 1000) });
    expect((await small.render(bytes(exact), AVATAR)).main.width).toBe(512);
    const over = pngOf({ width: 1000, height: 1001, rows: Buffer.alloc(0) });
    await expect(small.render(bytes(over), AVATAR)).rejects.toMatchObject({
      kind: 'unprocessable',
      code: 'PICTURE_TOO_LARGE',
      details: { size: '1000 x 1001', maxPixels: 1_000_000 },
    });
  });

  it.each([
    ['hang', { timeSeconds: 0.5 }, 'PICTURE_TOO_COMPLEX'],
    ['spin', { cpuSeconds: 1 }, 'PICTURE_TOO_COMPLEX'],
    ['eat', { memoryBytes: 150 * 1024 ** 2 }, 'PICTURE_TOO_COMPLEX'],
    ['flood 2000', { outputBytes: 1000 }, 'PICTURE_UNREADABLE'],
    ['die SIGSEGV', {}, 'PICTURE_UNREADABLE'],
    ['die SIGABRT', {}, 'PICTURE_UNREADABLE'],
    ['die SIGKILL', {}, 'PICTURE_WORK_FAILED'],
    ['leave 1', {}, 'PICTURE_WORK_FAILED'],
    ['leave 0', {}, 'PICTURE_WORK_FAILED'],
    ['say nonsense\n', {}, 'PICTURE_WORK_FAILED'],
    ['say {"type":"pictures"}\n', {}, 'PICTURE_WORK_FAILED'],
  ] as const)(
    'has limits, and a child that goes astray is the end of one picture only: %s',
    async (word, limits, code) => {
      const process = unruly(limits);
      await expect(process.render(bytes(word), AVATAR)).rejects.toMatchObject({ code });
      expect(children()).toEqual([]);
    },
  );

  onLinux('sees nothing of the environment', async () => {
    const reason: unknown = await unruly()
      .render(bytes('environment'), AVATAR)
      .catch((error: unknown) => (error as { details: { reason: string } }).details.reason);
    expect(String(reason).split(' ')).toEqual(expect.arrayContaining(['PATH', 'LANG']));
    expect(
      String(reason)
        .split(' ')
        .filter((name) => !['PATH', 'LANG', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)),
    ).toEqual([]);
  });

  it('waits for a slow sender no longer than it may', async () => {
    const body = endless();
    await expect(real({ receiveSeconds: 0.5 }).render(body, AVATAR)).rejects.toMatchObject({
      kind: 'timeout',
      code: 'PICTURE_TOO_SLOW',
    });
    expect(body.destroyed).toBe(true);
    expect(children()).toEqual([]);
  });

  it('tells what the sender did wrong, not what the child made of the rest', async () => {
    const body = endless('\x89PNG');
    const work = real().render(body, AVATAR);
    await sleep(300);
    body.destroy(new FileTooLargeError(5));
    await expect(work).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
    expect(children()).toEqual([]);
  });

  it('makes nothing of half a picture', async () => {
    const body = endless((await plain(RED).png().toBuffer()).toString('latin1'));
    const work = real().render(body, AVATAR);
    await sleep(300);
    body.destroy();
    await expect(work).rejects.toMatchObject({ code: 'PICTURE_WORK_FAILED' });
    expect(children()).toEqual([]);
  });

  onLinux('ends at once when its sender is gone, running or waiting', async () => {
    const process = unruly({ atOnce: 1 });
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = process.render(bytes('hang'), { ...AVATAR, signal: running.signal });
    const body = endless();
    const second = process.render(body, { ...AVATAR, signal: waiting.signal });
    waiting.abort(new Error('gone while waiting'));
    await expect(second).rejects.toThrow('gone while waiting');
    expect(body.destroyed).toBe(true);
    expect(children()).toHaveLength(1);
    running.abort(new Error('gone while running'));
    await expect(first).rejects.toThrow('gone while running');
    expect(children()).toEqual([]);
    const late = process.render(endless(), { ...AVATAR, signal: AbortSignal.abort(new Error('never there')) });
    await expect(late).rejects.toThrow('never there');
  });

  onLinux('goes on for so many at once, lets so many wait, and sends the rest away', async () => {
    const process = unruly({ atOnce: 2, waiting: 3, timeSeconds: 1 });
    const works = Array.from({ length: 7 }, () => process.render(bytes('hang'), AVATAR));
    const refused = await Promise.allSettled(works.slice(5));
    for (const outcome of refused)
      expect(outcome).toMatchObject({
        reason: { kind: 'unavailable', code: 'PICTURES_BUSY', retryAfterSeconds: 2 },
      });
    expect(children()).toHaveLength(2);
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, children().length)), 20);
    for (const outcome of await Promise.allSettled(works.slice(0, 5)))
      expect(outcome).toMatchObject({ reason: { code: 'PICTURE_TOO_COMPLEX' } });
    clearInterval(watch);
    expect(most).toBe(2);
    await expect(process.render(bytes('leave 1'), AVATAR)).rejects.toMatchObject({ code: 'PICTURE_WORK_FAILED' });
  });
});

describe("a child's answer", () => {
  const facts = { width: 1, height: 1, sizeBytes: 2 };
  const answer = (report: unknown, rest = 'aabb'): Buffer => Buffer.from(`${JSON.stringify(report)}\n${rest}`);

  it('is taken when it is whole', () => {
    expect(parsePictureAnswer(answer({ type: 'pictures', main: facts, thumbnail: facts }))).toEqual({
      main: { width: 1, height: 1, bytes: Buffer.from('aa') },
      thumbnail: { width: 1, height: 1, bytes: Buffer.from('bb') },
    });
  });

  it.each([
    [Buffer.from('')],
    [Buffer.from('{}')],
    [answer(null)],
    [answer([])],
    [answer({ type: 'pictures', main: facts, thumbnail: facts }, 'aab')],
    [answer({ type: 'pictures', main: facts, thumbnail: facts }, 'aabbc')],
    [answer({ type: 'pictures', main: { ...facts, sizeBytes: -2 }, thumbnail: { ...facts, sizeBytes: 6 } })],
    [answer({ type: 'pictures', main: { ...facts, width: 1.5 }, thumbnail: facts })],
    [answer({ type: 'pictures', main: null, thumbnail: facts })],
    [answer({ type: 'fault', code: 'another', message: '' })],
    [answer({ type: 'fault', code: 'unreadable' })],
  ])('is none when it is not: %s', (output) => {
    expect(parsePictureAnswer(output)).toBeUndefined();
  });
});
