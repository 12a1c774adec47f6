import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { openLocalStorage, type LocalStorageUnderTest } from '../../test/contract/local-storage-under-test.js';
import { MEBIBYTE, OCTETS, put, read, readText, someBytes } from '../../test/contract/storage-under-test.js';
import type { SignedRequest } from '../object-storage/index.js';

const MINUTE = { expiresInSeconds: 60 } as const;

describe('the links of the local store', () => {
  let opened: LocalStorageUnderTest;

  beforeAll(async () => {
    opened = await openLocalStorage();
  });

  afterAll(async () => {
    await opened.close();
  });

  function send(link: SignedRequest, init: RequestInit = {}): Promise<Response> {
    return fetch(link.url, { method: link.method, ...init, headers: { ...link.headers, ...(init.headers as object) } });
  }

  async function openFiles(): Promise<number> {
    return (await readdir('/proc/self/fd')).length;
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      if (await condition()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('It did not come to pass.');
  }

  it('answer so that nothing of a file runs', async () => {
    await put(opened.storage, 'page.html', '<script>', { contentType: 'text/html' });
    const answer = await send(await opened.storage.presignGet('page.html', MINUTE));
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html',
      'content-length': '8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private',
    });
    expect(await answer.text()).toBe('<script>');
  });

  it('have active content saved, also where they were made to show it', async () => {
    for (const contentType of ['text/html', 'image/svg+xml', 'application/xml', 'application/rss+xml']) {
      await put(opened.storage, 'page', '<script>', { contentType });
      for (const contentDisposition of ['inline; filename="a.html"', 'attachment; filename="a.html"']) {
        const answer = await send(await opened.storage.presignGet('page', { ...MINUTE, contentDisposition }));
        expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a.html"');
        await answer.text();
      }
    }
    await put(opened.storage, 'note', 'inline', { contentType: 'text/plain' });
    const asActive = { ...MINUTE, contentType: 'text/html', contentDisposition: 'inline' };
    const answer = await send(await opened.storage.presignGet('note', asActive));
    expect(answer.headers.get('content-disposition')).toBe('attachment');
    await answer.text();
  });

  it('answer HEAD, and 304 to who has the bytes', async () => {
    const { etag } = await put(opened.storage, 'a', '0123456789');
    const link = await opened.storage.presignGet('a', MINUTE);
    const head = await send(link, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
    const same = await send(link, { headers: { 'if-none-match': `"${etag}"` } });
    expect([same.status, same.headers.get('etag'), await same.text()]).toEqual([304, `"${etag}"`, '']);
    expect((await send(link, { headers: { 'if-match': '"other"' } })).status).toBe(412);
  });

  it('send the whole to who asks for several ranges, or for a range of other bytes', async () => {
    await put(opened.storage, 'a', '0123456789');
    const link = await opened.storage.presignGet('a', MINUTE);
    for (const headers of [{ range: 'bytes=0-1,4-5' }, { range: 'bytes=0-1', 'if-range': '"other"' }]) {
      const answer = await send(link, { headers });
      expect([answer.status, await answer.text()]).toEqual([200, '0123456789']);
    }
  });

  it('say how long an object is where a range begins past its end', async () => {
    await put(opened.storage, 'a', '0123456789');
    const answer = await send(await opened.storage.presignGet('a', MINUTE), { headers: { range: 'bytes=10-' } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    expect(await answer.json()).toMatchObject({ code: 'RANGE_NOT_SATISFIABLE' });
  });

  it('give an empty object', async () => {
    await put(opened.storage, 'empty', '');
    const answer = await send(await opened.storage.presignGet('empty', MINUTE));
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '0', '']);
  });

  it.each(['/a', '//a', 'a//b', 'a/', 'a b+c', 'a%2Fb', 'a?b#c', '\u6587\u{1f600}'])(
    'lead to the key %s',
    async (key) => {
      await put(opened.storage, key, `I am ${key}`);
      expect(await (await send(await opened.storage.presignGet(key, MINUTE))).text()).toBe(`I am ${key}`);
    },
  );

  it('say in a code why they do not hold', async () => {
    const link = await opened.storage.presignGet('a', MINUTE);
    const answers = await Promise.all(
      [link.url.replace('/a?', '/b?'), link.url.replace(/\?.*/, ''), link.url.replace('/a?', '/%ff?')].map((url) =>
        fetch(url),
      ),
    );
    expect(answers.map((answer) => answer.status)).toEqual([403, 403, 400]);
    expect(await answers[0]!.json()).toMatchObject({ statusCode: 403, code: 'LINK_INVALID' });
  });

  it("say that they have expired: in our words who reads, in S3's who writes", async () => {
    const ref = await opened.storage.createMultipart('late', { contentType: OCTETS });
    const [toRead, toWrite] = [
      await opened.storage.presignGet('late', { expiresInSeconds: 1 }),
      await opened.storage.presignPart(ref, { expiresInSeconds: 1, partNumber: 1 }),
    ];
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const read = await send(toRead);
    expect([read.status, await read.json()]).toMatchObject([403, { code: 'LINK_EXPIRED' }]);
    const written = await send(toWrite, { body: 'x' });
    expect([written.status, await written.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
    await opened.storage.abortMultipart(ref);
  });

  it('close the file when the reader goes away', async () => {
    await put(opened.storage, 'large', someBytes(8 * MEBIBYTE));
    const link = await opened.storage.presignGet('large', MINUTE);
    const before = await openFiles();
    for (let round = 0; round < 20; round += 1) {
      const going = request(link.url).end();
      const [answer] = (await once(going, 'response')) as [NodeJS.ReadableStream];
      await once(answer, 'readable');
      going.destroy();
    }
    await until(async () => (await openFiles()) <= before + 2);
  });

  it('store nothing of a sender who goes away', async () => {
    const link = await opened.storage.presignPut('gone', { ...MINUTE, contentType: OCTETS, sizeBytes: 1000 });
    const { hostname, port, pathname, search } = new URL(link.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Type: ${OCTETS}\r\nContent-Length: 1000\r\n\r\nsome`,
    );
    await until(async () => (await temporary()).length === 1);
    socket.destroy();
    await until(async () => (await temporary()).length === 0);
    expect(await opened.storage.head('gone')).toBeUndefined();
  });

  it('take no more than the signed length, whatever is sent', async () => {
    const link = await opened.storage.presignPut('short', { ...MINUTE, contentType: OCTETS, sizeBytes: 4 });
    const { hostname, port, pathname, search } = new URL(link.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Type: ${OCTETS}\r\nContent-Length: 4\r\n\r\nfourGET /more HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    await until(async () => (await opened.storage.head('short')) !== undefined);
    socket.destroy();
    expect(await readText(opened.storage, 'short')).toBe('four');
  });

  it('take no body without a length', async () => {
    const stream = (): ReadableStream => new Blob(['x']).stream();
    const object = await opened.storage.presignPut('chunked', { ...MINUTE, contentType: OCTETS, sizeBytes: 1 });
    const ref = await opened.storage.createMultipart('chunked', { contentType: OCTETS });
    const part = await opened.storage.presignPart(ref, { ...MINUTE, partNumber: 1 });
    const init = { body: stream(), duplex: 'half' } as RequestInit;
    expect((await send(object, init)).status).toBe(403);
    expect((await send(part, { ...init, body: stream() })).status).toBe(400);
    expect(await opened.storage.head('chunked')).toBeUndefined();
  });

  it('take JSON and forms as the bytes they are', async () => {
    for (const contentType of [
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const link = await opened.storage.presignPut('typed', { ...MINUTE, contentType, sizeBytes: 7 });
      expect((await send(link, { body: '{"a":1}' })).status).toBe(200);
      expect((await read(opened.storage, 'typed'))?.toString()).toBe('{"a":1}');
    }
  });

  it('create only, for who says so of himself', async () => {
    await put(opened.storage, 'taken', 'x');
    const link = await opened.storage.presignPut('taken', { ...MINUTE, contentType: OCTETS, sizeBytes: 1 });
    const answer = await send(link, { body: 'y', headers: { 'if-none-match': '*' } });
    expect(answer.status).toBe(412);
    expect(await answer.json()).toMatchObject({ code: 'PRECONDITION_FAILED' });
  });

  async function temporary(): Promise<string[]> {
    const entries = await readdir(join(opened.folder, 'temp'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }
});
