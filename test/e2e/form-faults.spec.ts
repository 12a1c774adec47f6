import { setTimeout as sleep } from 'node:timers/promises';
import {
  beginUpload,
  BOUNDARY,
  expectError,
  expectNothingLeft,
  filePart,
  fixture,
  formBody,
  NOTHING,
  postForm,
  readToEnd,
  remains,
  startService,
  wav,
  type FormPart,
  type Running,
} from './e2e.js';

const RECORDING = fixture('mono-16k.wav');
const WHOLE = formBody([filePart('a.wav', RECORDING)]);
const LARGE = formBody([filePart('a.wav', wav(400_000))]);
const FILE_HEAD = 'Content-Disposition: form-data; name="file"; filename="a.wav"';
const FORM = 'multipart/form-data';

describe('a form that is none', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService({ MAX_FILE_SIZE_MB: '1' });
  }, 120_000);
  afterAll(() => running.close());

  it.each<readonly [string, string, Buffer, string]>([
    ['JSON', 'application/json', Buffer.from('{"file":"a.wav"}'), 'NO_FILE'],
    ['a urlencoded form', 'application/x-www-form-urlencoded', Buffer.from('file=a.wav'), 'NO_FILE'],
    ['the bare file', 'audio/wav', RECORDING, 'NO_FILE'],
    ['another multipart type', `multipart/mixed; boundary=${BOUNDARY}`, WHOLE, 'NO_FILE'],
    ['no boundary', FORM, WHOLE, 'MALFORMED_MULTIPART'],
    ['an empty boundary', `${FORM}; boundary=`, WHOLE, 'NO_FILE'],
    ['another boundary', `${FORM}; boundary=another`, WHOLE, 'MALFORMED_MULTIPART'],
    ['a broken content type', `${FORM};;; boundary`, WHOLE, 'NO_FILE'],
  ])('is refused: %s', async (_, contentType, body, code) => {
    const answer = await postForm(running.service, 'none', body, { headers: { 'content-type': contentType } });
    expectError(answer, 400, code);
    expect(await remains(running, 'none')).toEqual(NOTHING);
  });

  it('is refused without a body or a type', async () => {
    for (const headers of [{}, { 'content-type': `${FORM}; boundary=${BOUNDARY}` }]) {
      const answer = await running.service.fetch('/v1/sessions/none/files', { method: 'POST', headers });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ statusCode: 400, code: expect.any(String) as unknown });
    }
  });

  it.each<readonly [string, Buffer]>([
    ['nothing at all', Buffer.from('\r\n')],
    ['noise', Buffer.alloc(50_000, 0xfe)],
    ['an end without a beginning', Buffer.from(`--${BOUNDARY}`)],
    ['the head of a part, cut', WHOLE.subarray(0, 60)],
    ['the file, cut', WHOLE.subarray(0, 3000)],
    ['a large file, cut', LARGE.subarray(0, 300_000)],
    ['the last boundary, cut', WHOLE.subarray(0, WHOLE.length - 6)],
    ['a large file, the last boundary cut', LARGE.subarray(0, LARGE.length - 6)],
    ['a part that follows and never ends', formBody([filePart('a.wav', RECORDING)], `--${BOUNDARY}\r\nContent-`)],
    ['no last boundary', formBody([filePart('a.wav', RECORDING)], '')],
    ['garbage for the head of a part', formBody([{ head: '\0\x01\x02: \xff\xfe\r\n:::', body: RECORDING }])],
    ['a head without a colon', formBody([{ head: 'Content-Disposition form-data', body: RECORDING }])],
    ['a head that never ends', formBody([{ head: `${FILE_HEAD}\r\nX: ${'x'.repeat(100_000)}`, body: RECORDING }])],
    [
      'hundreds of header lines',
      formBody([
        { head: [FILE_HEAD, ...Array.from({ length: 500 }, (__, n) => `X-${n}: 1`)].join('\r\n'), body: RECORDING },
      ]),
    ],
  ])(
    'is refused or read to good purpose: %s',
    async (_, body) => {
      for (const chunked of [false, true]) {
        const answer = await postForm(running.service, 'torn', body, { chunked });
        expect([201, 400]).toContain(answer.status);
        if (answer.status === 201) {
          const { id } = JSON.parse(answer.text) as { id: string };
          await running.target.sql('update stored_file set session_id = $1 where id = $2', ['read', id]);
          await running.store.delete((JSON.parse(answer.text) as { key: string }).key);
          continue;
        }
        expectError(answer, 400, answer.text.includes('"code":"NO_FILE"') ? 'NO_FILE' : 'MALFORMED_MULTIPART');
      }
      await expectNothingLeft(running, 'torn');
    },
    120_000,
  );

  const fields = (count: number, body = 'x'): FormPart[] =>
    Array.from({ length: count }, (_, number) => ({ name: `field-${number}`, body }));

  it.each<readonly [string, FormPart[]]>([
    ['too many fields', fields(40)],
    ['a field that is too long', [{ name: 'note', body: 'x'.repeat(200_000) }]],
    ['the name of a field that is too long', [{ name: 'n'.repeat(500), body: 'x' }]],
    ['a field without a name', [{ head: 'Content-Disposition: form-data', body: 'x' }]],
  ])(
    'is refused, before its file and behind it: %s',
    async (_, parts) => {
      const file = filePart('a.wav', RECORDING);
      for (const form of [formBody([...parts, file]), formBody([file, ...parts])]) {
        expectError(await postForm(running.service, 'fields', form), 400, 'MALFORMED_MULTIPART');
      }
      await expectNothingLeft(running, 'fields');
    },
    120_000,
  );

  it.each<readonly [string, FormPart[]]>([
    [
      'fields of other purposes',
      [
        { name: 'note', body: 'x' },
        { name: 'title', body: 'y' },
      ],
    ],
    [
      'fields with the names of prototypes',
      [
        { name: '__proto__', body: '1' },
        { name: 'constructor[prototype][x]', body: '1' },
      ],
    ],
    ['nested fields', [{ name: 'a[b][c][d]', body: '1' }]],
    ['parts of no disposition', [{ head: 'Content-Type: text/plain', body: 'x' }]],
  ])('is none because of %s', async (_, parts) => {
    const answer = await postForm(
      running.service,
      'kept',
      formBody([...parts, filePart('a.wav', RECORDING), ...parts]),
    );
    expect(answer.status).toBe(201);
  });

  it('is refused when a field says what no type is', async () => {
    for (const name of ['type', 'type[x]']) {
      const form = formBody([{ name, body: 'zip' }, filePart('a.wav', RECORDING)]);
      const answer = await postForm(running.service, 'fields', form);
      expectError(answer, 400, 'VALIDATION_FAILED');
    }
    expect(await remains(running, 'fields')).toEqual(NOTHING);
  });

  it.each<readonly [string, string, number]>([
    ['a field that is too long', 'Content-Disposition: form-data; name="note"', 200_000],
    ['garbage for the head of a part', '\0\x01garbage', 1000],
    ['a field larger than any file', 'Content-Disposition: form-data; name="note"', 2_000_000],
    ['a file without a name, larger than any', 'Content-Disposition: form-data; name="file"; filename=""', 2_000_000],
  ])(
    'is refused without waiting for its end: %s',
    async (_, head, sizeBytes) => {
      const socket = await beginUpload(running.service, 'unending', { 'transfer-encoding': 'chunked' });
      const answer = readToEnd(socket);
      const part = Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n${'x'.repeat(sizeBytes)}`);
      socket.write(`${part.length.toString(16)}\r\n`);
      socket.write(part);
      socket.write('\r\n');
      const text = await Promise.race([answer, sleep(20_000, 'no answer', { ref: false })]);
      socket.destroy();
      expect(text).toMatch(/^HTTP\/1\.1 4(00|13) /);
      expect(text).toMatch(/^connection: close\r$/im);
      expect(await remains(running, 'unending')).toEqual(NOTHING);
    },
    60_000,
  );

  it('may carry text before the first boundary and behind the last', async () => {
    const body = Buffer.concat([Buffer.from('A preamble.\r\n'), WHOLE, Buffer.from('An epilogue.\r\n')]);
    expect((await postForm(running.service, 'kept', body)).status).toBe(201);
  });

  it('never is an error of the service itself', async () => {
    expect((await postForm(running.service, 'kept', WHOLE)).status).toBe(201);
    expect(running.service.logs).not.toContain('INTERNAL_ERROR');
  });
});
