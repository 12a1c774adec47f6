import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { openLocalStorage, type LocalStorageUnderTest } from '../../test/contract/local-storage-under-test.js';
import { facts, MEBIBYTE, readText } from '../../test/contract/storage-under-test.js';
import type { SignedForm } from '../object-storage/index.js';
import { LocalLinkSigner } from './local-link-signer.js';

const TERMS = { expiresInSeconds: 60, contentType: 'text/plain', minSizeBytes: 1, maxSizeBytes: 10 } as const;
const BOUNDARY = 'limit-of-parts';
const FILE = part('file"; filename="a.txt', 'the file');

/** One part of a form, as text. */
function part(name: string, text: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
}

function fieldsOf(form: SignedForm): string {
  return Object.entries(form.fields)
    .map(([name, value]) => part(name, value))
    .join('');
}

describe('the forms of the local store', () => {
  let opened: LocalStorageUnderTest;
  let form: SignedForm;

  beforeAll(async () => {
    opened = await openLocalStorage();
  });
  afterAll(async () => {
    await opened.close();
  });
  beforeEach(async () => {
    await opened.storage.delete('folder/a.txt');
    form = await opened.storage.presignPost('folder/a.txt', TERMS);
  });

  function post(body: string, contentType = `multipart/form-data; boundary=${BOUNDARY}`): Promise<Response> {
    return fetch(form.url, { method: 'POST', headers: { 'content-type': contentType }, body });
  }

  async function codeOf(answer: Response): Promise<[number, string]> {
    const { code, message } = (await answer.json()) as { code: string; message: string };
    expect(message).not.toBe('');
    return [answer.status, code];
  }

  async function temporary(): Promise<string[]> {
    const entries = await readdir(join(opened.folder, 'temp'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  async function untilTemporary(count: number): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      if ((await temporary()).length === count) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('It did not come to pass.');
  }

  it('answer as S3 does', async () => {
    const answer = await post(`${fieldsOf(form)}${FILE}--${BOUNDARY}--\r\n`);
    const { etag } = await facts(opened.storage, 'folder/a.txt');
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-type')).toMatch(/^application\/xml/);
    expect(answer.headers.get('etag')).toBe(`"${etag}"`);
    expect(answer.headers.get('location')).toBe(`${form.url}folder/a.txt`);
    expect(await answer.text()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>' +
        `<Location>${form.url}folder/a.txt</Location><Bucket>local</Bucket><Key>folder/a.txt</Key>` +
        `<ETag>&quot;${etag}&quot;</ETag></PostResponse>`,
    );
    expect(await readText(opened.storage, 'folder/a.txt')).toBe('the file');
  });

  it.each<[string, (fields: string) => string, number, string]>([
    ['has no file', (fields) => `${fields}--${BOUNDARY}--\r\n`, 400, 'FORM_INVALID'],
    ['has two files', (fields) => `${fields}${FILE}${FILE}--${BOUNDARY}--\r\n`, 400, 'FORM_INVALID'],
    ['has text for a file', (fields) => `${fields}${part('file', 'x')}--${BOUNDARY}--\r\n`, 400, 'FORM_INVALID'],
    [
      'has its file in another field',
      (fields) => `${fields}${FILE.replace('"file"', '"other"')}--${BOUNDARY}--\r\n`,
      400,
      'FORM_INVALID',
    ],
    [
      'has a field after the file',
      (fields) => `${fields}${FILE}${part('x', '')}--${BOUNDARY}--\r\n`,
      400,
      'FORM_INVALID',
    ],
    ['has its fields after the file', (fields) => `${FILE}${fields}--${BOUNDARY}--\r\n`, 400, 'FORM_INVALID'],
    ['has a field twice', (fields) => `${fields}${part('KEY', 'x')}${FILE}--${BOUNDARY}--\r\n`, 400, 'FORM_INVALID'],
    [
      'has a field that the policy does not name',
      (fields) => `${fields}${part('x-amz-meta-more', 'x')}${FILE}--${BOUNDARY}--\r\n`,
      403,
      'POLICY_VIOLATED',
    ],
    [
      'has another credential',
      (fields) => `${fields.replace('/local/objects', '/local/others')}${FILE}--${BOUNDARY}--\r\n`,
      403,
      'POLICY_VIOLATED',
    ],
    [
      'has a field without a name',
      (fields) => `${fields}${part('', 'x')}${FILE}--${BOUNDARY}--\r\n`,
      400,
      'FORM_INVALID',
    ],
    ['ends before its last boundary', (fields) => `${fields}${FILE}`, 400, 'FORM_INVALID'],
    ['is cut off in its file', (fields) => `${fields}${FILE.slice(0, -8)}`, 400, 'FORM_INVALID'],
    ['has a broken header', (fields) => `${fields}--${BOUNDARY}\r\n\u0001: x\r\n\r\n`, 400, 'FORM_INVALID'],
    [
      'has too many fields',
      (fields) => `${fields}${Array.from({ length: 40 }, (_, at) => part(`x${at}`, '')).join('')}${FILE}`,
      400,
      'FORM_INVALID',
    ],
    ['has an endless field', (fields) => `${fields}${part('x', 'x'.repeat(300_000))}`, 400, 'FORM_INVALID'],
    ['begins with something endless', () => 'x'.repeat(MEBIBYTE), 400, 'FORM_INVALID'],
    ['is empty', () => '', 400, 'FORM_INVALID'],
    [
      'has too large a file',
      (fields) => `${fields}${FILE.replace('the file', 'x'.repeat(11))}--${BOUNDARY}--\r\n`,
      413,
      'OBJECT_TOO_LARGE',
    ],
    [
      'has too small a file',
      (fields) => `${fields}${FILE.replace('the file', '')}--${BOUNDARY}--\r\n`,
      400,
      'OBJECT_TOO_SMALL',
    ],
  ])('refuse one that %s, and store nothing', async (_, bodyOf, status, code) => {
    const answer = await post(bodyOf(fieldsOf(form)));
    expect(await codeOf(answer)).toEqual([status, code]);
    expect(await opened.storage.head('folder/a.txt')).toBeUndefined();
    await untilTemporary(0);
  });

  it('come to an end that something endless follows: stored whole, or not at all', async () => {
    const answer = await post(`${fieldsOf(form)}${FILE}--${BOUNDARY}--\r\n${'x'.repeat(MEBIBYTE)}`);
    // Which of the two depends on whether the end of the file was written when the rest came.
    expect([201, 400]).toContain(answer.status);
    await answer.text();
    expect((await opened.storage.head('folder/a.txt'))?.sizeBytes).toBe(answer.status === 201 ? 8 : undefined);
    await opened.storage.delete('folder/a.txt');
    await untilTemporary(0);
  });

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data', 'multipart/mixed; boundary=x', 'text/plain'])(
    'refuse %s',
    async (contentType) => {
      expect(await codeOf(await post('a=b', contentType))).toEqual([400, 'FORM_INVALID']);
    },
  );

  it('refuse the policy of another installation, or one signed as links are', async () => {
    const others = new LocalLinkSigner(
      { publicUrl: form.url, bucket: 'local', secret: 'the secret of another service' },
      { now: () => new Date() },
    );
    form = { ...others.forms.sign('folder/a.txt', TERMS), url: form.url };
    expect(await codeOf(await post(`${fieldsOf(form)}${FILE}--${BOUNDARY}--\r\n`))).toEqual([403, 'LINK_INVALID']);
  });

  it('answer as soon as a file is too large, whatever is still to come', async () => {
    const { hostname, port, pathname } = new URL(form.url);
    const socket = connect(Number(port), hostname);
    const answer = new Promise<string>((resolve) => {
      socket.once('data', (data) => {
        resolve(data.toString());
      });
    });
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=${BOUNDARY}\r\n` +
        `Content-Length: 1000000000\r\n\r\n${fieldsOf(form)}${FILE.replace('the file', 'x'.repeat(100))}`,
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*OBJECT_TOO_LARGE/);
    socket.destroy();
    expect(await opened.storage.head('folder/a.txt')).toBeUndefined();
  });

  it('store nothing of a sender who goes away', async () => {
    const { hostname, port, pathname } = new URL(form.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=${BOUNDARY}\r\n` +
        `Content-Length: 100000\r\n\r\n${fieldsOf(form)}${FILE}`,
    );
    await untilTemporary(1);
    socket.destroy();
    await untilTemporary(0);
    expect(await opened.storage.head('folder/a.txt')).toBeUndefined();
  });
});
