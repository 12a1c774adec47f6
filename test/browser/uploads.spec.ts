import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import type { Browser, Page, Request } from 'playwright-core';
import { freePort } from '../support/free-port.js';
import { Service, until } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';
import { launchChromium } from './chromium.js';
import { CountingProxy } from './counting-proxy.js';
import { serveExample } from './example-server.js';
import { UploadPage } from './upload-page.js';

const MEBIBYTE = 1024 * 1024;
const LARGE_BYTES = 100 * MEBIBYTE;
const MEDIUM_BYTES = 40 * MEBIBYTE;
/** A part that was on its way may have to be sent again; headers, preflights and empty requests come to less than the rest. */
const EXTRA_BYTES = 10.5 * MEBIBYTE;
const OFFLINE_MS = 4000;
const FLOW_MS = 120_000;
const ENDED_TOKEN = { token: 'cs_upload_ended', expiresAt: new Date(0).toISOString() };

interface Recording {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

describe('The page of examples/browser in Chromium', () => {
  let target: Target;
  let service: Service;
  let proxy: CountingProxy;
  let example: Awaited<ReturnType<typeof serveExample>>;
  let url: string;
  let browser: Browser;
  let page: Page;
  let uploads: UploadPage;
  /** What the page has, but for the session. */
  let token: string;
  let large: Recording;
  let medium: Recording;
  /** What breaks the page, and what its content security policy forbids. */
  const complaints: string[] = [];

  beforeAll(async () => {
    target = await openTarget();
    proxy = await CountingProxy.listen();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    service = await Service.start(target, { env: { PUBLIC_URL: proxy.url, CORS_ORIGINS: url } });
    proxy.leadTo(service.url);
    const keyFile = join(target.dataDir, 'page-key');
    writeFileSync(keyFile, service.key);
    example = await serveExample({ api: proxy.url, port, keyFile });
    const issued = await fetch(`${url}/upload-tokens?session=any`, { method: 'POST' });
    ({ token } = (await issued.json()) as { token: string });
    large = await makeRecording(join(target.dataDir, 'interview.wav'), LARGE_BYTES);
    medium = await makeRecording(join(target.dataDir, 'notes.wav'), MEDIUM_BYTES);
    browser = await launchChromium();
  }, 120_000);

  beforeEach(async () => {
    page = await (await browser.newContext()).newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) complaints.push(message.text());
    });
    uploads = await UploadPage.open(page, url);
  });

  afterEach(async () => {
    proxy.mend();
    await page.context().close();
    expect(complaints.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser.close();
    await example.stop();
    await proxy.close();
    await service.stop();
    await target.close();
  });

  it(
    'sends 100 MB over a network that goes away in the middle, and nothing twice that had arrived',
    async () => {
      const before = proxy.received;
      await uploads.enter('cut-1');
      await uploads.choose(large.path);
      const cut = page.waitForEvent('requestfailed', (request) => request.method() === 'PATCH');
      const middle = proxy.stallAfter(LARGE_BYTES * 0.4);
      await uploads.start();
      await middle;
      // Chromium lets what is on its way go through when it goes offline: the wire has to be cut too.
      await uploads.offline();
      proxy.sever();
      const acknowledged = await acknowledgedBytes((await cut).url());
      expect(acknowledged).toBeGreaterThan(0);
      proxy.mend();
      const received = proxy.received;
      await sleep(OFFLINE_MS / 2);
      const shown = await uploads.progress();
      await sleep(OFFLINE_MS / 2);
      expect(await uploads.progress()).toBe(shown);
      expect(shown).toBeGreaterThan(0);
      expect(shown).toBeLessThan(100);
      expect(proxy.received).toBe(received);

      const resumed = nextPatch();
      await uploads.online();
      expect(offsetOf(await resumed)).toBeGreaterThanOrEqual(acknowledged);
      await uploads.complete();
      expect(await uploads.progress()).toBe(100);
      await expectStored('cut-1', large);
      expect(proxy.received - before).toBeLessThan(LARGE_BYTES + EXTRA_BYTES);
    },
    FLOW_MS,
  );

  it(
    'goes on where it was when the page is loaded again and the same file is chosen',
    async () => {
      const before = proxy.received;
      await uploads.enter('reload-1');
      await uploads.choose(medium.path);
      const first = nextPatch();
      const middle = proxy.stallAfter(MEDIUM_BYTES * 0.4);
      await uploads.start();
      await middle;
      await reload();
      const acknowledged = await acknowledgedBytes((await first).url());
      expect(acknowledged).toBeGreaterThan(0);

      await uploads.choose(medium.path);
      const resumed = nextPatch();
      await uploads.start();
      expect((await resumed).url()).toBe((await first).url());
      expect(offsetOf(await resumed)).toBeGreaterThanOrEqual(acknowledged);
      await uploads.complete();
      expect(await uploads.progress()).toBe(100);
      await expectStored('reload-1', medium);
      expect(proxy.received - before).toBeLessThan(MEDIUM_BYTES + EXTRA_BYTES);
    },
    FLOW_MS,
  );

  it(
    'keeps what was sent when its token has ended, and goes on with a new one',
    async () => {
      await uploads.enter('token-1');
      await uploads.choose(medium.path);
      const first = nextPatch();
      const middle = proxy.stallAfter(MEDIUM_BYTES * 0.4);
      await uploads.start();
      await middle;
      await page.route('**/upload-tokens?*', (route) => route.fulfill({ json: ENDED_TOKEN }));
      await reload();
      await uploads.choose(medium.path);
      await uploads.start();
      expect(await uploads.failure()).toContain('answered 401');
      const acknowledged = await acknowledgedBytes((await first).url());
      expect(acknowledged).toBeGreaterThan(0);

      await page.unroute('**/upload-tokens?*');
      const resumed = nextPatch();
      await uploads.retry();
      expect((await resumed).url()).toBe((await first).url());
      expect(offsetOf(await resumed)).toBeGreaterThanOrEqual(acknowledged);
      await uploads.complete();
      await expectStored('token-1', medium);
    },
    FLOW_MS,
  );

  it(
    'shows what the service says when it refuses',
    async () => {
      const path = join(target.dataDir, 'notes.exe');
      writeFileSync(path, 'no recording');
      await uploads.enter('refused-1');
      await uploads.choose(path);
      await uploads.start();
      const answer = await service.fetch('/v1/uploads', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          kind: 'session-original',
          sessionId: 'refused-1',
          filename: 'notes.exe',
          size: 12,
        }),
      });
      expect(answer.status).toBe(415);
      const { message } = (await answer.json()) as { message: string };
      expect(await uploads.failure()).toBe(`notes.exe: ${message}`);
    },
    FLOW_MS,
  );

  async function reload(): Promise<void> {
    await page.reload();
    // A connection that stands still does not notice that its page is gone.
    proxy.sever();
    proxy.mend();
  }

  function nextPatch(): Promise<Request> {
    return page.waitForRequest((request) => request.method() === 'PATCH');
  }

  /** What the service has of an upload once it has noticed that its sender is gone. */
  async function acknowledgedBytes(uploadUrl: string): Promise<number> {
    const headers = { 'Tus-Resumable': '1.0.0', authorization: `Bearer ${token}` };
    let last = Number.NaN;
    const ask = async (): Promise<{ offset: number; stands: boolean }> => {
      const answer = await service.fetch(new URL(uploadUrl).pathname, { method: 'HEAD', headers });
      const offset = Number(answer.headers.get('upload-offset') ?? Number.NaN);
      const stands = offset === last;
      last = offset;
      return { offset, stands };
    };
    return (await until('a lasting offset', ask, ({ stands }) => stands)).offset;
  }

  async function expectStored(sessionId: string, { name, sizeBytes, sha256 }: Recording): Promise<void> {
    const id = await uploads.fileId();
    expect(await service.json(`/v1/files/${id}`)).toMatchObject({
      kind: 'session-original',
      sessionId,
      originalFilename: name,
      contentType: 'audio/wav',
      sizeBytes,
      status: 'stored',
    });
    const { body } = await service.fetch(`/v1/files/${id}/content?proxy=1`);
    const hash = createHash('sha256');
    for await (const chunk of body as AsyncIterable<Uint8Array>) hash.update(chunk);
    expect(hash.digest('hex')).toBe(sha256);
  }
});

function offsetOf(request: Request): number {
  return Number(request.headers()['upload-offset']);
}

/** Noise as 16 bit stereo, so that no two parts of it are alike. */
async function makeRecording(path: string, sizeBytes: number): Promise<Recording> {
  const hash = createHash('sha256');
  await pipeline(function* () {
    for (let left = sizeBytes; left > 0; left -= MEBIBYTE) {
      const piece = randomBytes(MEBIBYTE);
      if (left === sizeBytes) wavHeader(sizeBytes).copy(piece);
      hash.update(piece);
      yield piece;
    }
  }, createWriteStream(path));
  return { path, name: basename(path), sizeBytes, sha256: hash.digest('hex') };
}

function wavHeader(sizeBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(sizeBytes - 8, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(48_000 * 4, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(sizeBytes - 44, 40);
  return header;
}
