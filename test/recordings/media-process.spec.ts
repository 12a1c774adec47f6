import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { MediaInput } from '../../src/recordings/media-input.js';
import { DEFAULT_MEDIA_LIMITS, type MediaLimits } from '../../src/recordings/media-limits.js';
import { MediaProcess } from '../../src/recordings/media-process.js';
import { drawWaveform } from '../../src/recordings/waveform-picture.js';
import { bytesInput, fileInput, longInput, pseudoRandomBytes, silentInput, wavHeader } from './media-inputs.js';

const WORKER = new URL('../../dist/recordings/media-worker.js', import.meta.url);
const FIXTURES = new URL('../fixtures/audio/', import.meta.url);
const onLinux = process.platform === 'linux' ? it : it.skip;

interface Expected {
  readonly container: string;
  readonly codec: string;
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly durationSeconds: number;
  readonly integratedLufs: number | null;
  readonly truePeakDbtp: number | null;
  readonly tagged: boolean;
}

const expectations = Object.entries(
  JSON.parse(readFileSync(new URL('expected.json', FIXTURES), 'utf8')) as Record<string, Expected>,
);

function mediaProcess(limits: Partial<MediaLimits> = {}): MediaProcess {
  return new MediaProcess({ worker: WORKER, limits: { ...DEFAULT_MEDIA_LIMITS, timeSeconds: 60, ...limits } });
}

function fixture(name: string): MediaInput {
  return fileInput(new URL(name, FIXTURES));
}

function fixtureBytes(name: string): Buffer {
  return readFileSync(new URL(name, FIXTURES));
}

function children(): string[] {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ');
}

async function waitUntil(condition: () => boolean, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (!condition() && Date.now() < end) await sleep(20);
  return condition();
}

const media = mediaProcess();

beforeAll(() => {
  if (!existsSync(WORKER)) throw new Error('These tests run the built worker: npm run build');
});

describe('a recording of each accepted format', () => {
  it.each(expectations)('is probed: %s', async (name, expected) => {
    const result = await media.probe(fixture(name));
    const { container, codec, channels, sampleRateHz } = expected;
    expect(result).toMatchObject({ container, codec, channels, sampleRateHz });
    expect(Math.abs(result.durationSeconds - expected.durationSeconds)).toBeLessThan(0.05);
    expect(result.bitRate).toBeGreaterThan(0);
    expectWithin(result.loudness.integratedLufs, expected.integratedLufs, 0.5);
    expectWithin(result.loudness.truePeakDbtp, expected.truePeakDbtp, 0.5);
    expect(result.loudness.rangeLu).toBeGreaterThanOrEqual(0);
    if (expected.tagged) expect(result.tags).toMatchObject({ title: 'Fixture', artist: 'Catalyst' });
  });

  it.each(expectations)('has a waveform: %s', async (name, expected) => {
    const waveform = await media.waveform(fixture(name));
    expect(waveform).toMatchObject({
      version: 2,
      channels: 1,
      bits: 16,
      sample_rate: expected.sampleRateHz,
      samples_per_pixel: 256,
    });
    const seconds = (waveform.length * waveform.samples_per_pixel) / waveform.sample_rate;
    expect(Math.abs(seconds - expected.durationSeconds)).toBeLessThan(0.05);
    expect(waveform.data).toHaveLength(2 * waveform.length);
    for (let pixel = 0; pixel < waveform.length; pixel += 1) {
      expect(waveform.data[2 * pixel]).toBeLessThanOrEqual(waveform.data[2 * pixel + 1]!);
    }
    const loudest = Math.max(...waveform.data.map(Math.abs));
    if (expected.truePeakDbtp === null) expect(loudest).toBe(0);
    else expect(loudest).toBeGreaterThan(5000);
  });

  it('gives a waveform that can be drawn', async () => {
    const png = await drawWaveform(await media.waveform(fixture('stereo.m4a')));
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 1800, height: 280 });
    expect(png.length).toBeLessThan(50_000);
  });

  it('is measured as one where sample rate and channels change midway', async () => {
    const result = await media.probe(fixture('changing.mp3'));
    expect(Math.abs(result.durationSeconds - 2.1)).toBeLessThan(0.1);
    expectWithin(result.loudness.truePeakDbtp, -9.5, 0.5);
    const waveform = await media.waveform(fixture('changing.mp3'));
    expect((waveform.length * waveform.samples_per_pixel) / waveform.sample_rate).toBeCloseTo(
      result.durationSeconds,
      1,
    );
  });

  it('measures the recording of the demo', async () => {
    const result = await media.probe(fileInput(new URL('../../samples/welcome.wav', import.meta.url)));
    expect(result).toMatchObject({ container: 'wav', channels: 1, sampleRateHz: 16_000 });
    expect(result.tags['title']).toBe('Welcome to Catalyst Storage');
    expectWithin(result.loudness.integratedLufs, -18, 0.5);
  });

  it('bounds the waveform of a long recording and reports progress on the way', async () => {
    const seconds = 1200;
    const fractions: number[] = [];
    const waveform = await media.waveform(longInput(seconds), { onProgress: (fraction) => fractions.push(fraction) });
    expect(waveform.samples_per_pixel).toBe(4096);
    expect(waveform.length).toBe(Math.ceil((seconds * 48_000) / 4096));
    expect(fractions.length).toBeGreaterThan(2);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
  });
});

describe('a file that is no readable recording', () => {
  it.each([
    ['nothing at all', Buffer.alloc(0)],
    ['a header without samples', wavHeader({ channels: 2, sampleRateHz: 44_100, dataBytes: 0 })],
    ['text', Buffer.from('These are the minutes of a meeting.\n'.repeat(200))],
    ['zeros', Buffer.alloc(200_000)],
    ['an MP4 cut off before its index', fixtureBytes('stereo.m4a').subarray(0, 20_000)],
    ['no channels', wav({ channels: 0, sampleRateHz: 44_100 })],
    ['1,000 channels', wav({ channels: 1000, sampleRateHz: 44_100 })],
    ['65,535 channels', wav({ channels: 65_535, sampleRateHz: 44_100 })],
    ['0 Hz', wav({ channels: 1, sampleRateHz: 0 })],
    ['1 Hz', wav({ channels: 1, sampleRateHz: 1 })],
    ['1,000,000,000 Hz', wav({ channels: 1, sampleRateHz: 1_000_000_000 })],
  ])('is refused cleanly: %s', async (_, bytes) => {
    await expect(media.probe(bytesInput(bytes))).rejects.toMatchObject({
      kind: 'unprocessable',
      code: 'MEDIA_UNREADABLE',
      message: expect.stringMatching(/^The recording|^This is not/),
    });
    await expect(media.waveform(bytesInput(bytes))).rejects.toMatchObject({ code: 'MEDIA_UNREADABLE' });
  });

  it.each([1, 2, 3, 4, 5, 6])('is refused cleanly: random bytes, seed %d', async (seed) => {
    await expect(media.probe(bytesInput(pseudoRandomBytes(100_000, seed)))).rejects.toMatchObject({
      code: 'MEDIA_UNREADABLE',
    });
  });

  it('says of a film without sound that there is none', async () => {
    await expect(media.probe(fixture('no-sound.mp4'))).rejects.toMatchObject({
      kind: 'unprocessable',
      code: 'NO_AUDIO_STREAM',
    });
  });

  it.each(['mono-16k.wav', 'stereo.mp3', 'opus.ogg', 'opus.webm', 'mono-22k.flac'])(
    'counts as far as it goes where it was cut short: %s',
    async (name) => {
      const bytes = fixtureBytes(name);
      const whole = await media.probe(bytesInput(bytes));
      const half = await media.probe(bytesInput(bytes.subarray(0, bytes.length / 2)));
      expect(half.durationSeconds).toBeGreaterThan(whole.durationSeconds * 0.2);
      expect(half.durationSeconds).toBeLessThan(whole.durationSeconds * 0.7);
    },
  );

  it('never ends in anything but a result or a clean refusal, whatever bytes are damaged', async () => {
    const outcomes = new Set<string>();
    for (const [seed, [name]] of expectations.entries()) {
      const bytes = Buffer.from(fixtureBytes(name));
      const random = pseudoRandomBytes(60, seed + 1);
      for (let at = 0; at < random.length; at += 3) bytes[random.readUInt16LE(at) % bytes.length] = random[at + 2]!;
      outcomes.add(
        await media.probe(bytesInput(bytes)).then(
          () => 'result',
          (error: unknown) => (error as { kind: string }).kind,
        ),
      );
    }
    expect([...outcomes].every((outcome) => ['result', 'unprocessable'].includes(outcome))).toBe(true);
  });
});

describe('a playlist in a recording’s clothes', () => {
  let other: Server;
  let connections: number;

  beforeAll(async () => {
    other = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
  });
  beforeEach(() => {
    connections = 0;
  });
  afterAll(() => other.close());

  it.each([
    [
      'HLS',
      (url: string) => `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${url}\n#EXT-X-ENDLIST\n`,
    ],
    ['ffconcat', (url: string) => `ffconcat version 1.0\nfile '${url}'\n`],
    [
      'DASH',
      (url: string) =>
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" minBufferTime="PT1S" type="static" ' +
        'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" mediaPresentationDuration="PT10S"><Period>' +
        '<AdaptationSet contentType="audio" mimeType="audio/mp4">' +
        `<Representation id="1" bandwidth="64000" codecs="mp4a.40.2"><BaseURL>${url}</BaseURL>` +
        '<SegmentBase indexRange="0-100"><Initialization range="0-50"/></SegmentBase>' +
        '</Representation></AdaptationSet></Period></MPD>',
    ],
    ['SDP', () => `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 40000 RTP/AVP 0\n`],
  ])('opens neither a file nor another address: %s', async (_, playlist) => {
    const { port } = other.address() as AddressInfo;
    for (const url of [`http://127.0.0.1:${port}/secret.wav`, 'file:///etc/passwd', '/etc/passwd']) {
      await expect(media.probe(bytesInput(Buffer.from(playlist(url))))).rejects.toMatchObject({
        code: 'MEDIA_UNREADABLE',
      });
    }
    expect(connections).toBe(0);
  });
});

describe('an input that cannot be read now', () => {
  it('is told from a recording that is at fault, and keeps its cause', async () => {
    const away = new Error('the store is away');
    const input = { sizeBytes: 1000, open: () => Promise.reject(away) };
    await expect(media.probe(input)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'MEDIA_INPUT_UNAVAILABLE',
      cause: away,
    });
  });

  it('gives no result of half a recording when it breaks off', async () => {
    const bytes = fixtureBytes('mono-16k.wav');
    const whole = bytesInput(bytes);
    const half = bytesInput(bytes.subarray(0, 24_000));
    const input = { sizeBytes: bytes.length, open: half.open.bind(half) };
    expect((await media.probe(whole)).durationSeconds).toBe(1.5);
    await expect(media.probe(input)).rejects.toMatchObject({ code: 'MEDIA_INPUT_UNAVAILABLE' });
  });

  it('is given up when it brings nothing for too long', async () => {
    await expect(mediaProcess({ inputStallSeconds: 0.5 }).probe(silentInput())).rejects.toMatchObject({
      code: 'MEDIA_INPUT_UNAVAILABLE',
    });
  });
});

describe('a limit', () => {
  it('ends work that takes too long on the clock', async () => {
    const begin = Date.now();
    await expect(mediaProcess({ timeSeconds: 1 }).probe(silentInput())).rejects.toMatchObject({
      kind: 'unprocessable',
      code: 'MEDIA_TIMEOUT',
    });
    expect(Date.now() - begin).toBeLessThan(3000);
  });

  onLinux('ends work that takes too much of the processor', async () => {
    await expect(mediaProcess({ cpuSeconds: 1 }).probe(longInput(7200))).rejects.toMatchObject({
      code: 'MEDIA_TIMEOUT',
    });
  });

  onLinux('ends work that takes too much memory', async () => {
    const tight = mediaProcess({ memoryBytes: 50 * 1024 ** 2 });
    await expect(tight.probe(longInput(7200))).rejects.toMatchObject({ code: 'MEDIA_MEMORY_LIMIT' });
  });

  it('ends work that writes too much', async () => {
    await expect(mediaProcess({ outputBytes: 500 }).waveform(fixture('stereo.m4a'))).rejects.toMatchObject({
      code: 'MEDIA_OUTPUT_LIMIT',
    });
  });

  onLinux('keeps memory flat while a long recording is decoded', async () => {
    const limit = mediaProcess({ memoryBytes: 160 * 1024 ** 2 });
    expect((await limit.waveform(longInput(3600))).sample_rate).toBe(48_000);
  });
});

describe('the child process', () => {
  it('sees nothing of the environment', async () => {
    const probe = new MediaProcess({ worker: new URL('environment-worker.mjs', import.meta.url) });
    const error: unknown = await probe.probe(fixture('mono-16k.wav')).catch((reason: unknown) => reason);
    const names = (/ENV (.*)\./.exec((error as Error).message)?.[1] ?? '').split(' ');
    expect(names).toEqual(expect.arrayContaining(['PATH']));
    expect(names.filter((name) => !['PATH', 'LANG', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(name))).toEqual([]);
  });

  it('is reported when it ends without an answer', async () => {
    const missing = new MediaProcess({ worker: new URL('no-such-worker.mjs', import.meta.url) });
    await expect(missing.probe(fixture('mono-16k.wav'))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'MEDIA_CRASHED',
      details: { exitCode: 1, signal: null },
    });
  });

  onLinux('is gone at once when the work is aborted', async () => {
    const before = children();
    const controller = new AbortController();
    const work = media.probe(longInput(20_000), { signal: controller.signal });
    work.catch(() => undefined);
    expect(await waitUntil(() => children().length > before.length, 5000)).toBe(true);
    await sleep(500);
    const begin = Date.now();
    controller.abort(new Error('cancelled by its owner'));
    await expect(work).rejects.toThrow('cancelled by its owner');
    expect(Date.now() - begin).toBeLessThan(1000);
    expect(children()).toEqual(before);
  });

  onLinux('is never started for work that was aborted before', async () => {
    const before = children();
    const work = media.probe(silentInput(), { signal: AbortSignal.abort(new Error('too late')) });
    await expect(work).rejects.toThrow('too late');
    expect(children()).toEqual(before);
  });

  onLinux.each(['waiting', 'working'])('is gone soon after its parent was killed, while %s', async (state) => {
    const script = fileURLToPath(new URL('parent-to-be-killed.mjs', import.meta.url));
    const parent = spawn(process.execPath, [script, state], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const child = Number(said.toString().trim());
    expect(existsSync(`/proc/${child}`)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(await waitUntil(() => !isRunning(child), 3000)).toBe(true);
  });

  onLinux('ends by itself with its standard input, even while it waits for the recording', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const child = spawn(process.execPath, [fileURLToPath(WORKER)], { stdio: ['pipe', 'ignore', 'inherit'], env: {} });
    const inputUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/x`;
    child.stdin.write(`${JSON.stringify({ task: 'probe', inputUrl, sizeBytes: 1000 })}\n`);
    const [socket] = (await once(silent, 'connection')) as [Socket];
    await sleep(300);
    expect(child.exitCode).toBeNull();
    child.stdin.end();
    expect(await waitUntil(() => child.signalCode === 'SIGKILL', 3000)).toBe(true);
    socket.destroy();
    silent.close();
  });

  onLinux('leaves no process, port or file descriptor behind', async () => {
    await media.probe(fixture('mono-16k.wav'));
    const before = { children: children(), descriptors: readdirSync('/proc/self/fd').length };
    for (let round = 0; round < 10; round += 1) {
      await media.probe(fixture('stereo.mp3'));
      await media.probe(bytesInput(Buffer.from('nothing'))).catch(() => undefined);
    }
    await waitUntil(() => readdirSync('/proc/self/fd').length <= before.descriptors, 2000);
    expect(children()).toEqual(before.children);
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before.descriptors);
  });
});

function wav(facts: { readonly channels: number; readonly sampleRateHz: number }): Buffer {
  const samples = pseudoRandomBytes(200_000, 1);
  return Buffer.concat([wavHeader({ ...facts, dataBytes: samples.length }), samples]);
}

function expectWithin(actual: number | null, expected: number | null, tolerance: number): void {
  if (actual === null || expected === null) expect(actual).toBe(expected);
  else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance);
}

function isRunning(pid: number): boolean {
  const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : 'State:\tX';
  return !/^State:\t[ZX]/m.test(status);
}
