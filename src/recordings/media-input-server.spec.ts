import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import type { MediaInput } from './media-input.js';
import { MediaInputServer, readRange } from './media-input-server.js';
import type { MediaInputUnavailableError } from './recordings.errors.js';

const BYTES = Buffer.from('0123456789');

function inputOf(open: MediaInput['open'], sizeBytes = BYTES.length): MediaInput {
  return { sizeBytes, open };
}

const healthy = inputOf(({ start, end }) => Promise.resolve(Readable.from([BYTES.subarray(start, end + 1)])));

describe('MediaInputServer', () => {
  let server: MediaInputServer | undefined;
  let failures: MediaInputUnavailableError[];

  async function start(input: MediaInput, stallSeconds = 5): Promise<string> {
    failures = [];
    server = await MediaInputServer.start(input, { stallSeconds, onFailure: (error) => failures.push(error) });
    return server.url;
  }

  afterEach(() => server?.close());

  it('listens on the loopback address, below the ports of outgoing connections, on a path nobody guesses', async () => {
    const url = new URL(await start(healthy));
    expect(url.hostname).toBe('127.0.0.1');
    expect(Number(url.port)).toBeLessThan(32_768);
    expect(url.pathname).toMatch(/^\/[\w-]{32}$/);
    expect((await fetch(new URL('/', url))).status).toBe(404);
    expect((await fetch(`${url.href}x`)).status).toBe(404);
  });

  it('serves the whole and any range', async () => {
    const url = await start(healthy);
    expect(await (await fetch(url)).text()).toBe('0123456789');
    const middle = await fetch(url, { headers: { range: 'bytes=3-5' } });
    expect([middle.status, middle.headers.get('content-range'), await middle.text()]).toEqual([
      206,
      'bytes 3-5/10',
      '345',
    ]);
    expect(await (await fetch(url, { headers: { range: 'bytes=8-' } })).text()).toBe('89');
    expect((await fetch(url, { headers: { range: 'bytes=10-' } })).status).toBe(416);
    expect(failures).toEqual([]);
  });

  it('serves nothing of an empty input without opening it', async () => {
    const url = await start(inputOf(() => Promise.reject(new Error('must not be opened')), 0));
    expect(await (await fetch(url, { headers: { range: 'bytes=0-' } })).text()).toBe('');
    expect(failures).toEqual([]);
  });

  it.each([
    ['cannot be opened', () => Promise.reject(new Error('away'))],
    ['breaks off', () => Promise.resolve(Readable.from(brokenOff()))],
    ['is shorter than it was', () => Promise.resolve(Readable.from([BYTES.subarray(0, 4)]))],
    ['is longer than it was', () => Promise.resolve(Readable.from([BYTES, BYTES]))],
    ['never opens', () => new Promise<Readable>(() => undefined)],
    ['opens and brings nothing', () => Promise.resolve(new Readable({ read: () => undefined }))],
  ])('reports an input that %s, once, and cuts the answer short', async (_, open) => {
    const url = await start(inputOf(open), 0.2);
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ kind: 'unavailable', code: 'MEDIA_INPUT_UNAVAILABLE' });
  });

  it('closes the input when the reader hangs up, and takes that for no failure', async () => {
    const body = new Readable({ read: () => undefined });
    body.push('012');
    const url = await start(inputOf(() => Promise.resolve(body)));
    const controller = new AbortController();
    const response = await fetch(url, { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    await sleep(100);
    expect(body.destroyed).toBe(true);
    expect(failures).toEqual([]);
  });

  it('closes an input that opens only after the reader has hung up', async () => {
    const body = new Readable({ read: () => undefined });
    const url = await start(inputOf(() => sleep(200, body)));
    await expect(fetch(url, { signal: AbortSignal.timeout(50) }).then((response) => response.text())).rejects.toThrow();
    await sleep(300);
    expect(body.destroyed).toBe(true);
    expect(failures).toEqual([]);
  });

  it('does not read ahead of a slow reader', async () => {
    let sent = 0;
    async function* endless() {
      for (; sent < 100; sent += 1) yield Promise.resolve(Buffer.alloc(1024 ** 2));
    }
    const url = await start(inputOf(() => Promise.resolve(Readable.from(endless())), 100 * 1024 ** 2));
    const response = await fetch(url);
    await sleep(300);
    expect(sent).toBeLessThan(60);
    await response.body?.cancel();
  });
});

describe('readRange', () => {
  it.each([
    [undefined, 10, { start: 0, end: 9 }],
    ['bytes=0-', 10, { start: 0, end: 9 }],
    ['bytes=2-3', 10, { start: 2, end: 3 }],
    ['bytes=2-99', 10, { start: 2, end: 9 }],
    ['bytes=10-', 10, undefined],
    ['bytes=5-2', 10, undefined],
    ['bytes=-5', 10, undefined],
    ['lines=1-2', 10, undefined],
  ])('%s of %d bytes', (header, sizeBytes, range) => {
    expect(readRange(header, sizeBytes)).toEqual(range);
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- it breaks off before it would wait
async function* brokenOff() {
  yield BYTES.subarray(0, 4);
  throw new Error('connection reset');
}
