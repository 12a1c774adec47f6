import { once } from 'node:events';
import type { Socket } from 'node:net';
import { until } from '../support/service.js';
import {
  beginUpload,
  BOUNDARY,
  downloadName,
  expectError,
  expectNothingLeft,
  filePart,
  fixture,
  formBody,
  NOTHING,
  postForm,
  readToEnd,
  remains,
  send,
  startService,
  wav,
  type FileLink,
  type FileRecord,
  type Running,
} from './e2e.js';

const MEBIBYTE = 1024 * 1024;
const MAX_MEBIBYTES = 12;
const RECORDING = fixture('mono-16k.wav');
const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`;
/** Letters that change the direction of writing, controls, separators: no name may hold them. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u2028\u2029/\\]/u;

describe('what clients may send', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService({
      MAX_FILE_SIZE_MB: String(MAX_MEBIBYTES),
      MULTIPART_THRESHOLD_MB: '5',
      MULTIPART_PART_SIZE_MB: '5',
    });
  }, 120_000);
  afterAll(() => running.close());

  describe('types', () => {
    it.each([
      ['an HTML page', 'page.wav', '<!DOCTYPE html><html><script>alert(1)</script></html>', 'text/html'],
      ['a long HTML page', 'page.wav', `<html><body>${'x'.repeat(300_000)}</body></html>`, 'text/html'],
      ['an SVG picture', 'a.mp3', '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', 'image/svg+xml'],
      ['plain text', 'a.flac', 'no recording', 'text/plain'],
      [
        'a PNG picture',
        'a.m4a',
        Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'),
        'image/png',
      ],
      ['bytes of no known type', 'a.wav', Buffer.alloc(5000, 1), 'application/octet-stream'],
      [
        'a program',
        'a.wav',
        Buffer.concat([Buffer.from('7f454c46020101', 'hex'), Buffer.alloc(3000)]),
        'application/x-elf',
      ],
      ['another format of sound', 'a.mp3', RECORDING, 'audio/wav'],
    ] as const)('of %s named %s is refused with what was found and what is accepted', async (_, name, bytes, found) => {
      const answer = await postForm(running.service, 'types', formBody([filePart(name, bytes)]));
      const body = expectError(answer, 415, 'TYPE_NOT_ACCEPTED');
      expect(body['message']).toContain(found);
      for (const extension of ['.wav', '.mp3', '.m4a', '.flac']) expect(body['message']).toContain(extension);
      expect(body['details']).toMatchObject({
        foundType: found,
        accepted: expect.arrayContaining(['.wav']) as unknown,
      });
      expect(await remains(running, 'types')).toEqual(NOTHING);
    });

    it('believe the bytes and not what the client calls them', async () => {
      const head = 'Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: text/html';
      const answer = await postForm(running.service, 'word', formBody([{ head, body: RECORDING }]));
      expect(JSON.parse(answer.text)).toMatchObject({ contentType: 'audio/wav' });
    });

    it('are judged by the type that is asked for', async () => {
      const form = formBody([filePart('a.wav', RECORDING)]);
      expectError(await postForm(running.service, 'types', form, { query: '?type=image' }), 415, 'TYPE_NOT_ACCEPTED');
      for (const query of ['?type=zip', '?type=audio&type=audio', '?link=yes', '?unknown=1']) {
        expectError(await postForm(running.service, 'types', form, { query }), 400, 'VALIDATION_FAILED');
      }
      const before = formBody([{ name: 'type', body: 'document' }, filePart('a.txt', 'A note.')]);
      const stored = await postForm(running.service, 'field-before', before);
      expect(JSON.parse(stored.text)).toMatchObject({ contentType: 'text/plain' });
      const after = formBody([filePart('a.txt', 'A note.'), { name: 'type', body: 'document' }]);
      expectError(await postForm(running.service, 'types', after), 415, 'TYPE_NOT_ACCEPTED');
      expect(await remains(running, 'types')).toEqual(NOTHING);
    });
  });

  it('is refused without a file, with an empty one, with two, and in another field', async () => {
    const one = filePart('a.wav', RECORDING);
    for (const [parts, code] of [
      [[], 'NO_FILE'],
      [[{ name: 'note', body: 'x' }], 'NO_FILE'],
      [[{ name: 'file', body: 'a text, and no file' }], 'NO_FILE'],
      [[{ name: 'file', filename: '', body: '' }], 'NO_FILE'],
      [[filePart('a.wav', '')], 'EMPTY_FILE'],
      [[{ ...one, name: 'recording' }], 'UNEXPECTED_FIELD'],
      [[{ ...one, name: 'file[]' }], 'UNEXPECTED_FIELD'],
      [[one, one], 'SECOND_FILE'],
      [[one, { ...one, name: 'other' }], 'SECOND_FILE'],
      [[filePart('a.wav', wav(300_000)), filePart('b.wav', wav(300_000))], 'SECOND_FILE'],
    ] as const) {
      expectError(await postForm(running.service, 'count', formBody(parts)), 400, code);
    }
    await expectNothingLeft(running, 'count');
  }, 120_000);

  it.each([
    'a%20b',
    '..',
    '..%2f..',
    '%2e%2e%2f',
    '-x',
    '_',
    'a.b',
    'x'.repeat(65),
    '%00',
    '42%0a',
    '%F0%9F%98%80',
    '42%2F..%2F43',
  ])('is refused for a session that has no such id: %s', async (id) => {
    const answer = await send(running.service, {
      path: `/v1/sessions/${id}/files`,
      body: formBody([filePart('a.wav', RECORDING)]),
    });
    expect([400, 404]).toContain(answer.status);
    expectError(answer, answer.status, answer.status === 404 ? 'ROUTE_NOT_FOUND' : 'VALIDATION_FAILED');
  });

  describe('names', () => {
    it.each<readonly [string, string, string | undefined]>([
      ['a path upwards', '../../../etc/passwd.wav', 'passwd.wav'],
      ['a Windows path', '..\\\\..\\\\boot.wav', 'boot.wav'],
      ['an absolute path', '/root/.ssh/id.wav', 'id.wav'],
      ['an encoded path', '..%2f..%2fa.wav', undefined],
      ['NUL', 'a\0b.wav', undefined],
      ['an escaped line break', 'a%0D%0AX-Evil: 1.wav', 'aX-Evil: 1.wav'],
      ['a bare carriage return', 'a\rb.wav', undefined],
      ['an escaped quote', 'a%22; x=%22b.wav', 'a"; x="b.wav'],
      ['a quote with a backslash', 'a\\"b.wav', 'a"b.wav'],
      ['300 letters', `${'x'.repeat(296)}.wav`, `${'x'.repeat(251)}.wav`],
      ['300 emoji', `${'🎙'.repeat(296)}.wav`, `${'🎙'.repeat(251)}.wav`],
      ['marks from right to left', 'gpj.\u202evaw.\u2066exe\u2069.wav', 'gpj.vaw.exe.wav'],
      ['zero-width characters', 'a\u200b\ufeffb.wav', 'ab.wav'],
      ['emoji', '🎙️ take 👩‍🎤.wav', undefined],
      ['accents and signs', 'Sesión №1.wav', 'Sesión №1.wav'],
      ['accents in two parts', 'Sesio\u0301n.wav', 'Sesión.wav'],
      ['Hebrew', 'ראיון.wav', 'ראיון.wav'],
      ['blanks only before the dot', '   .wav', undefined],
      ['percent signs', '100%.wav', '100%.wav'],
      ['a number as of a taken name', 'take-2.wav', 'take-2.wav'],
      ['capital letters', 'TAKE.WAV', 'TAKE.WAV'],
      ['a device of old', 'CON.wav', 'CON.wav'],
      ['dots at its end', 'a....wav', 'a....wav'],
      ['shell', '$(rm -rf ~);`id`|a.wav', '$(rm -rf ~);`id`|a.wav'],
      ['markup', '<img src=x onerror=alert(1)>.wav', '<img src=x onerror=alert(1)>.wav'],
      ['SQL', "'; drop table stored_file; --.wav", "'; drop table stored_file; --.wav"],
      ['broken UTF-8', 'a\ufffd.wav', 'a\ufffd.wav'],
    ])('with %s are kept safely, or refused clearly', async (_, sent, expected) => {
      const answer = await postForm(running.service, 'names', formBody([filePart(sent, RECORDING)]));
      if (expected !== undefined) expect(answer.status).toBe(201);
      if (answer.status !== 201) {
        expect([400, 415]).toContain(answer.status);
        expectError(answer, answer.status, answer.status === 415 ? 'TYPE_NOT_ACCEPTED' : errorCode(answer.text));
        return;
      }
      const record = JSON.parse(answer.text) as FileRecord;
      if (expected !== undefined) expect(record.originalFilename).toBe(expected);
      expect(record.originalFilename).not.toMatch(UNSAFE);
      expect(Array.from(record.originalFilename).length).toBeLessThanOrEqual(255);
      expect(record.key).toMatch(
        /^audio-files\/sessions\/session-names\/original\/\d{8}_\d{6}_[A-Za-z0-9._-]{1,124}\.(wav|WAV)$/,
      );
      const { url } = await running.service.json<FileLink>(`/v1/files/${record.id}/links`, { method: 'POST' }, 201);
      const content = await fetch(url);
      expect(content.status).toBe(200);
      expect(downloadName(content.headers.get('content-disposition'))).toBe(record.originalFilename);
      expect(Buffer.from(await content.arrayBuffer()).equals(RECORDING)).toBe(true);
    });

    it.each([
      ['..', [400, 415]],
      ['.', [400, 415]],
      ['.wav', [415]],
      ['Sesión №1', [415]],
      ['a.wav.exe', [415]],
      ['a.', [415]],
      ['/', [400, 415]],
      ['\u202e', [400, 415]],
    ] as const)('that say nothing are refused: %s', async (sent, statuses) => {
      const answer = await postForm(running.service, 'nameless', formBody([filePart(sent, RECORDING)]));
      expect(statuses).toContain(answer.status);
      expectError(answer, answer.status, errorCode(answer.text));
      expect(await remains(running, 'nameless')).toEqual(NOTHING);
    });

    it('may come in the extended form of RFC 8187', async () => {
      const head = `Content-Disposition: form-data; name="file"; filename*=UTF-8''Sesi%C3%B3n%20%E2%84%961.wav`;
      const answer = await postForm(running.service, 'extended', formBody([{ head, body: RECORDING }]));
      expect(JSON.parse(answer.text)).toMatchObject({ originalFilename: 'Sesión №1.wav' });
    });
  });

  describe('size', () => {
    it('is refused at once when the announced length is over the limit', async () => {
      const socket = await beginUpload(running.service, 'announced', { 'content-length': String(20 * MEBIBYTE) });
      // Not a byte of the body is sent.
      expectRaw(await readToEnd(socket), 413, 'FILE_TOO_LARGE');
      expect(await remains(running, 'announced')).toEqual(NOTHING);
    });

    it('is refused when the length is beyond all numbers', async () => {
      const socket = await beginUpload(running.service, 'absurd', { 'content-length': '9'.repeat(30) });
      expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 4(00|13) /);
      expect(await remains(running, 'absurd')).toEqual(NOTHING);
    });

    it('is refused as soon as it passes the limit when no length is announced, and the connection closed', async () => {
      const socket = await beginUpload(running.service, 'endless', { 'transfer-encoding': 'chunked' });
      const answer = readToEnd(socket);
      writeChunk(socket, Buffer.from(HEAD));
      // One byte too many, and the body has no end.
      writeChunk(socket, wav(MAX_MEBIBYTES * MEBIBYTE + 1));
      // What a form holds back lest it be a boundary.
      writeChunk(socket, Buffer.alloc(1000));
      expectRaw(await answer, 413, 'FILE_TOO_LARGE');
      await expectNothingLeft(running, 'endless');
    }, 180_000);

    it.each([
      ['with a length within what a form may add', false],
      ['without a length', true],
    ])(
      'of one byte too many is refused, %s',
      async (_, chunked) => {
        const form = formBody([filePart('a.wav', wav(MAX_MEBIBYTES * MEBIBYTE + 1))]);
        const answer = await postForm(running.service, 'over', form, { chunked });
        const body = expectError(answer, 413, 'FILE_TOO_LARGE');
        expect(body['details']).toEqual({ maxSizeBytes: MAX_MEBIBYTES * MEBIBYTE });
        expect(answer.headers.connection).toBe('close');
        await expectNothingLeft(running, 'over');
      },
      120_000,
    );

    it('of exactly the limit is accepted, in parts', async () => {
      const bytes = wav(MAX_MEBIBYTES * MEBIBYTE);
      const answer = await postForm(running.service, 'full', formBody([filePart('a.wav', bytes)]), { chunked: true });
      const record = JSON.parse(answer.text) as FileRecord;
      expect(answer.status).toBe(201);
      expect(record.sizeBytes).toBe(bytes.length);
      const { url } = await running.service.json<FileLink>(`/v1/files/${record.id}/links`, { method: 'POST' }, 201);
      expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
      expect((await running.store.listUploads()).uploads).toEqual([]);
    }, 180_000);
  });

  describe('a client that vanishes', () => {
    it.each([
      ['after the head of the request', Buffer.alloc(0)],
      ['within the head of the part', Buffer.from(HEAD.slice(0, 40))],
      ['before the file is recognised', Buffer.concat([Buffer.from(HEAD), wav(1000)])],
      ['midway', Buffer.concat([Buffer.from(HEAD), wav(2 * MEBIBYTE)])],
      ['midway, parts sent already', Buffer.concat([Buffer.from(HEAD), wav(11 * MEBIBYTE)])],
    ])(
      'leaves nothing behind: %s',
      async (_, sent) => {
        for (const [session, end] of [
          ['vanished', (socket: Socket) => socket.destroy()],
          ['vanished-2', (socket: Socket) => socket.resetAndDestroy()],
          ['vanished-3', (socket: Socket) => socket.end()],
        ] as const) {
          const socket = await beginUpload(running.service, session, { 'content-length': String(12 * MEBIBYTE) });
          if (sent.length > 0) await new Promise((resolve) => socket.write(sent, resolve));
          if (sent.length > 70_000) {
            // The service has begun: only then is there something to leave behind.
            await until(
              'a pending file',
              () => remains(running, session),
              ({ rows }) => rows.includes('pending'),
              60,
            );
          }
          end(socket);
          socket.resume();
          await expectNothingLeft(running, session);
          socket.destroy();
        }
      },
      300_000,
    );
  });

  describe('a client that expects 100-continue', () => {
    it('sends its body when told to', async () => {
      const form = formBody([filePart('a.wav', RECORDING)]);
      const socket = await beginUpload(running.service, 'expecting', {
        'content-length': String(form.length),
        expect: '100-continue',
        connection: 'close',
      });
      const [first] = (await once(socket, 'data')) as [Buffer];
      expect(first.toString()).toMatch(/^HTTP\/1\.1 100 Continue/);
      socket.write(form);
      expect(await readToEnd(socket)).toMatch(/HTTP\/1\.1 201 Created/);
    });

    it('is told 413 in place of being asked for what is too large', async () => {
      const socket = await beginUpload(running.service, 'expecting-too-much', {
        'content-length': String(20 * MEBIBYTE),
        expect: '100-continue',
      });
      const text = await readToEnd(socket);
      expectRaw(text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, ''), 413, 'FILE_TOO_LARGE');
      expect(await remains(running, 'expecting-too-much')).toEqual(NOTHING);
    });
  });

  it('never ends in an error of the service itself', () => {
    expect(running.service.logs).not.toContain('INTERNAL_ERROR');
    expect(running.service.logs).not.toMatch(/"level":(50|60)/);
  });
});

function writeChunk(socket: Socket, bytes: Buffer): void {
  socket.write(`${bytes.length.toString(16)}\r\n`);
  socket.write(bytes);
  socket.write('\r\n');
}

/** An answer as it came over the wire: status, JSON, and the connection closed behind it. */
function expectRaw(text: string, status: number, code: string): void {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  expect(head.split('\r\n', 1)[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head).toMatch(/^connection: close$/im);
  expect(JSON.parse(body)).toMatchObject({ statusCode: status, code, requestId: expect.any(String) as unknown });
}

function errorCode(text: string): string {
  return (JSON.parse(text) as { code: string }).code;
}
