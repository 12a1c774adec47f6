import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { until } from '../support/service.js';
import {
  expectError,
  expectNothingLeft,
  filePart,
  fixture,
  formBody,
  makeKey,
  NOTHING,
  postForm,
  readToEnd,
  remains,
  send,
  sha256,
  startService,
  toAnswer,
  UNKNOWN_ID,
  wav,
  type Answer,
  type FileList,
  type FileRecord,
  type RawRequest,
  type Running,
} from './e2e.js';

const MEBIBYTE = 1024 * 1024;
const MAX_MEBIBYTES = 12;
const SMALL = fixture('mono-16k.wav');
/** More than what is looked at, and less than a part. */
const LARGE = wav(900_000);
/** In parts. */
const HUGE = wav(11 * MEBIBYTE);
const PLAIN = { 'content-type': 'application/octet-stream' };

interface Receipt {
  readonly verifications: readonly { by: string; algorithm: string; value: string; verifiedAt: string }[];
}

describe('a file as the body of a PUT', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService({
      MAX_FILE_SIZE_MB: String(MAX_MEBIBYTES),
      MULTIPART_THRESHOLD_MB: '5',
      MULTIPART_PART_SIZE_MB: '5',
    });
  }, 120_000);
  afterAll(() => running.close());

  const put = (
    session: string,
    body: Buffer,
    { name = 'a.wav', headers = {}, ...request }: Omit<RawRequest, 'path' | 'body'> & { readonly name?: string } = {},
  ): Promise<Answer> =>
    send(running.service, {
      ...request,
      method: 'PUT',
      path: `/v1/sessions/${session}/files/${name}`,
      headers: { ...PLAIN, ...headers },
      body,
    });
  /** A connection on which a PUT has begun: the head goes out, the body is the caller's. */
  const begin = async (session: string, headers: Readonly<Record<string, string>>): Promise<Socket> => {
    const { hostname, port, host } = new URL(running.service.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const lines = Object.entries({ host, authorization: `Bearer ${running.service.key}`, ...headers });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`PUT /v1/sessions/${session}/files/a.wav HTTP/1.1\r\n${head}\r\n`);
    return socket;
  };
  const recordOf = (answer: Answer): FileRecord => {
    expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 201 });
    return JSON.parse(answer.text) as FileRecord;
  };
  const contentOf = async (id: string): Promise<Buffer> =>
    Buffer.from(await (await running.service.fetch(`/v1/files/${id}/content?proxy=1`)).arrayBuffer());
  const receiptOf = (id: string): Promise<Receipt> => running.service.json<Receipt>(`/v1/files/${id}/receipt`);
  const files = async (session: string): Promise<readonly FileRecord[]> =>
    (await running.service.json<FileList>(`/v1/sessions/${session}/files`)).items;

  describe('is stored', () => {
    it.each([
      ['small', SMALL, false],
      ['small, of unknown length', SMALL, true],
      ['larger than what is looked at', LARGE, false],
      ['in parts, of unknown length', HUGE, true],
    ])('byte for byte, with the record that a form gets: %s', async (_, bytes, chunked) => {
      const record = recordOf(await put('whole', bytes, { chunked, name: 'Sesi%C3%B3n.wav' }));
      const viaForm = recordOf(
        await postForm(running.service, 'whole-form', formBody([filePart('Sesión.wav', bytes)])),
      );
      const differing = ['id', 'key', 'etag', 'sessionId', 'createdAt', 'storedAt'];
      const alike = (file: FileRecord) => Object.entries(file).filter(([field]) => !differing.includes(field));
      expect(Object.keys(record)).toEqual(Object.keys(viaForm));
      expect(alike(record)).toEqual(alike(viaForm));
      expect(record).toMatchObject({ originalFilename: 'Sesión.wav', rejectedReason: null });
      expect(record.key).toMatch(/^audio-files\/sessions\/session-whole\/original\/\d{8}_\d{6}_Sesion(-\d+)?\.wav$/);
      expect((await contentOf(record.id)).equals(bytes)).toBe(true);
    });

    it('whatever its Content-Type says, by its bytes and the type that is asked for', async () => {
      const note = Buffer.from('{"a":1}\n');
      const record = recordOf(
        await put('types', note, { name: 'note.txt?type=document', headers: { 'content-type': 'application/json' } }),
      );
      expect(record).toMatchObject({ contentType: 'text/plain', sizeBytes: note.length });
      expectError(await put('lies', note), 415, 'TYPE_NOT_ACCEPTED');
      expectError(await put('lies', SMALL, { name: 'a.mp3' }), 415, 'TYPE_NOT_ACCEPTED');
      expectError(await put('lies', SMALL, { name: 'a.wav?type=zip' }), 400, 'VALIDATION_FAILED');
      expect(await remains(running, 'lies')).toEqual(NOTHING);
    });

    it('with a link where one is asked for, and only for who may have one', async () => {
      const record = recordOf(await put('linked', SMALL, { name: 'a.wav?link=1' }));
      const linked = await fetch(record.link?.url ?? '');
      expect(Buffer.from(await linked.arrayBuffer()).equals(SMALL)).toBe(true);
      const { key } = await makeKey(running.target, ['files:write']);
      const headers = { authorization: `Bearer ${key}` };
      expectError(await put('unlinked', SMALL, { name: 'a.wav?link=1', headers }), 403, 'SCOPE_MISSING');
      expect(await remains(running, 'unlinked')).toEqual(NOTHING);
    });

    it('is counted and logged as a form is', async () => {
      const { id } = recordOf(await put('logged', SMALL));
      expectError(
        await put('logged', SMALL, { headers: { 'content-digest': digest(LARGE) } }),
        422,
        'CHECKSUM_MISMATCH',
      );
      const metrics = await (await running.service.fetch('/metrics')).text();
      for (const outcome of ['stored', 'CHECKSUM_MISMATCH'])
        expect(metrics).toContain(`catalyst_uploads_total{kind="session-original",outcome="${outcome}"}`);
      const line = running.service.logs
        .split('\n')
        .find((text) => text.includes('SESSION_FILE_UPLOADED') && text.includes(id));
      expect(line).toBeDefined();
    });

    it('a second time under a key of its own: a PUT replaces nothing', async () => {
      const [first, second] = [recordOf(await put('again', SMALL)), recordOf(await put('again', SMALL))];
      expect(first.key).not.toBe(second.key);
      expect(await files('again')).toHaveLength(2);
    });
  });

  describe('with a digest', () => {
    const sha512 = createHash('sha512').update(LARGE).digest('base64');

    it.each<readonly [string, Record<string, string>, readonly string[]]>([
      ['Content-Digest', { 'content-digest': digest(LARGE) }, ['SHA256']],
      ['Repr-Digest', { 'repr-digest': digest(LARGE) }, ['SHA256']],
      ['both', { 'content-digest': digest(LARGE), 'repr-digest': digest(LARGE) }, ['SHA256']],
      ['SHA-512', { 'content-digest': `sha-512=:${sha512}:` }, ['SHA512']],
      ['unsupported ones beside', { 'content-digest': `md5=:aGFsbG8=:, ${digest(LARGE)}` }, ['SHA256']],
    ])('is stored, and its receipt says who vouches for it: %s', async (_, headers, algorithms) => {
      const began = Date.now();
      const record = recordOf(await put('digests', LARGE, { headers }));
      expect(record.checksum).toEqual({ algorithm: 'SHA256', value: sha256(LARGE) });
      const receipt = await receiptOf(record.id);
      const { verifications, ...rest } = receipt;
      const { id: fileId, key, sizeBytes, etag, checksum } = record;
      expect(rest).toEqual({ fileId, key, sizeBytes, etag, checksum, storedAt: expect.any(String) as unknown });
      const valueOf = (algorithm: string) => (algorithm === 'SHA512' ? sha512 : sha256(LARGE));
      expect(verifications.map(({ by }) => by)).toContain('store');
      const byOthers = verifications.filter(({ by }) => by !== 'store');
      expect(byOthers.map(({ by, algorithm, value }) => ({ by, algorithm, value }))).toEqual([
        ...algorithms.map((algorithm) => ({ by: 'client', algorithm, value: valueOf(algorithm) })),
        { by: 'service', algorithm: 'SHA256', value: sha256(LARGE) },
      ]);
      for (const { verifiedAt } of verifications) {
        expect(Date.parse(verifiedAt)).toBeGreaterThanOrEqual(began);
        expect(Date.parse(verifiedAt)).toBeLessThanOrEqual(Date.now());
      }
    });

    it('is stored when the fields come in lines of their own', async () => {
      const socket = await begin('lines', {
        'content-length': String(SMALL.length),
        'Content-Digest': 'md5=:aGFsbG8=:',
        'content-digest': digest(SMALL),
        connection: 'close',
      });
      socket.write(SMALL);
      expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 201 /);
    });

    it.each([
      ['small', SMALL, false],
      ['larger than what is looked at', LARGE, false],
      ['in parts, of unknown length', HUGE, true],
    ])(
      'that is another one is refused and leaves nothing: %s',
      async (_, bytes, chunked) => {
        for (const name of ['content-digest', 'repr-digest']) {
          const wrong = Buffer.from(bytes).fill(1, bytes.length - 1);
          const answer = await put('wrong', bytes, { chunked, headers: { [name]: digest(wrong) } });
          expectError(answer, 422, 'CHECKSUM_MISMATCH');
        }
        await expectNothingLeft(running, 'wrong');
      },
      120_000,
    );

    it('that contradicts another is refused, whichever is right', async () => {
      const [right, wrong] = [digest(SMALL), digest(LARGE)];
      for (const headers of [
        { 'content-digest': right, 'repr-digest': wrong },
        { 'content-digest': wrong, 'repr-digest': right },
        { 'content-digest': right, 'repr-digest': `sha-512=:${sha512}:` },
      ])
        expectError(await put('contradicting', SMALL, { headers }), 422, 'CHECKSUM_MISMATCH');
      await expectNothingLeft(running, 'contradicting');
    });

    it('that is not supported is refused, and the answer says which is', async () => {
      const answer = await put('unsupported', SMALL, {
        headers: { 'content-digest': 'md5=:aGFsbG8=:, unixsum=:AA==:' },
      });
      expectError(answer, 422, 'CHECKSUM_UNSUPPORTED');
      expect(answer.headers).toMatchObject({ 'want-content-digest': 'sha-256=10', 'want-repr-digest': 'sha-256=10' });
      expect(await remains(running, 'unsupported')).toEqual(NOTHING);
    });

    it('that cannot be read is refused', async () => {
      for (const value of [
        'abc',
        'sha-256=:AA==:',
        `sha-256=${sha256(SMALL)}`,
        `SHA-256=${sha256(SMALL)}`,
        'sha-256',
      ]) {
        expectError(await put('unread', SMALL, { headers: { 'repr-digest': value } }), 400, 'INVALID_DIGEST');
      }
      expect(await remains(running, 'unread')).toEqual(NOTHING);
    });

    it('in a trailer is not looked at', async () => {
      const socket = await begin('trailer', {
        'transfer-encoding': 'chunked',
        trailer: 'Content-Digest',
        connection: 'close',
      });
      writeChunk(socket, SMALL);
      socket.write(`0\r\nContent-Digest: ${digest(LARGE)}\r\n\r\n`);
      expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 201 /);
    });
  });

  describe('is refused', () => {
    it.each<readonly [string, number, string, Record<string, string>]>([
      ['as a form', 415, 'FORM_UNSUPPORTED', { 'content-type': 'multipart/form-data; boundary=x' }],
      ['compressed', 415, 'CONTENT_ENCODING_UNSUPPORTED', { 'content-encoding': 'gzip' }],
      ['compressed twice', 415, 'CONTENT_ENCODING_UNSUPPORTED', { 'content-encoding': 'identity, br' }],
      ['in pieces', 400, 'CONTENT_RANGE_UNSUPPORTED', { 'content-range': 'bytes 0-99/200' }],
    ])('%s', async (_, status, code, headers) => {
      expectError(await put('refused', SMALL, { headers }), status, code);
      expect(await remains(running, 'refused')).toEqual(NOTHING);
    });

    it('without bytes, and not for what changes nothing', async () => {
      for (const chunked of [false, true])
        expectError(await put('empty', Buffer.alloc(0), { chunked }), 400, 'EMPTY_FILE');
      expect(await remains(running, 'empty')).toEqual(NOTHING);
      recordOf(await put('identity', SMALL, { headers: { 'content-encoding': 'Identity' } }));
    });

    it('without a key, or the scope', async () => {
      expectError(await put('closed', SMALL, { anonymous: true }), 401, 'API_KEY_MISSING');
      const { key } = await makeKey(running.target, ['files:read']);
      const headers = { authorization: `Bearer ${key}` };
      expectError(await put('closed', SMALL, { headers }), 403, 'SCOPE_MISSING');
    });

    it('before it is sent, when its length is over the limit', async () => {
      const length = String(MAX_MEBIBYTES * MEBIBYTE + 1);
      for (const headers of [{}, { expect: '100-continue' }]) {
        const text = await readToEnd(await begin('announced', { 'content-length': length, ...headers }));
        expect(text).toMatch(/^HTTP\/1\.1 413 /);
        expect(text).toMatch(/\r\nconnection: close\r\n/i);
        expect(text).toContain('"code":"FILE_TOO_LARGE"');
        expect(text).not.toContain('100 Continue');
      }
      expect(await remains(running, 'announced')).toEqual(NOTHING);
    });

    it('as soon as it passes the limit', async () => {
      const socket = await begin('endless', { 'transfer-encoding': 'chunked' });
      const answer = readToEnd(socket);
      writeChunk(socket, wav(MAX_MEBIBYTES * MEBIBYTE + 1));
      // It has no end, and is not waited for.
      const text = await answer;
      expect(text).toMatch(/^HTTP\/1\.1 413 /);
      expect(text).toContain('"code":"FILE_TOO_LARGE"');
      await expectNothingLeft(running, 'endless');
    }, 120_000);

    it.each([
      ['with a length', { 'content-length': String(HUGE.length) }],
      ['without one', { 'transfer-encoding': 'chunked' }],
    ])(
      'when its connection ends in the middle, and nothing stays: %s',
      async (what, headers) => {
        const session = `cut-${what.replaceAll(' ', '-')}`;
        const socket = await begin(session, { ...headers, 'content-digest': digest(HUGE) });
        const head = HUGE.subarray(0, 7 * MEBIBYTE);
        if ('content-length' in headers) socket.write(head);
        else writeChunk(socket, head);
        await until(
          'a pending file',
          () => remains(running, session),
          ({ rows }) => rows.includes('pending'),
        );
        socket.destroy();
        await expectNothingLeft(running, session);
      },
      120_000,
    );
  });

  it('is told to go on when it asks first', async () => {
    const socket = await begin('asks', {
      'content-length': String(LARGE.length),
      expect: '100-continue',
      connection: 'close',
    });
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(LARGE);
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 201 /);
  });

  describe('with an Idempotency-Key', () => {
    it.each([
      ['small', SMALL, false],
      ['larger than what is looked at', LARGE, false],
      ['of unknown length', LARGE, true],
    ])('takes effect once: %s', async (what, bytes, chunked) => {
      const session = `once-${what.replace(/\W+/g, '-')}`;
      const headers = { 'idempotency-key': session, 'content-digest': digest(bytes) };
      const first = recordOf(await put(session, bytes, { chunked, headers }));
      expect(recordOf(await put(session, bytes, { chunked, headers }))).toEqual(first);
      expect(await files(session)).toHaveLength(1);
      for (const other of [
        await put(session, bytes, { chunked, headers, name: 'b.wav' }),
        await put(session, bytes, { chunked, headers: { ...headers, 'content-digest': digest(HUGE) } }),
        await put(session, bytes.subarray(0, -2), { headers }),
      ])
        expectError(other, 422, 'IDEMPOTENCY_KEY_REUSED');
      expect(await files(session)).toHaveLength(1);
    });

    it('is answered without being read again, and its connection serves the next request', async () => {
      const headers = { ...PLAIN, authorization: `Bearer ${running.service.key}`, 'idempotency-key': 'kept-open' };
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const ports = new Set<number | undefined>();
      const ask = (method: string, path: string, body?: Buffer): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          const request = http.request(new URL(path, running.service.url), { agent, method, headers }, (response) => {
            ports.add(response.socket.localPort);
            response.resume().on('end', () => {
              resolve(response.statusCode);
            });
          });
          request.on('error', reject);
          request.end(body);
        });
      const path = '/v1/sessions/kept-open/files';
      for (let times = 0; times < 3; times += 1) expect(await ask('PUT', `${path}/a.wav`, HUGE)).toBe(201);
      expect(await ask('GET', path)).toBe(200);
      expect(ports.size).toBe(1);
      agent.destroy();
      expect(await files('kept-open')).toHaveLength(1);
    });

    it('may be sent again after a wrong digest', async () => {
      const headers = { 'idempotency-key': 'mended', 'content-digest': digest(LARGE) };
      expectError(await put('mended', Buffer.from(LARGE).fill(0), { headers }), 415, 'TYPE_NOT_ACCEPTED');
      const wrong = Buffer.from(LARGE).fill(0, 500);
      expectError(await put('mended', wrong, { headers }), 422, 'CHECKSUM_MISMATCH');
      recordOf(await put('mended', LARGE, { headers }));
      expect(await files('mended')).toHaveLength(1);
    });
  });

  describe('under a name', () => {
    it.each([
      ['a%2Fb.wav', 'b.wav'],
      ['..%2F..%2Fetc%2Fpasswd.wav', 'passwd.wav'],
      ['%2Froot%2Fid.wav', 'id.wav'],
      ['C:%5CUsers%5Cme%5Ctake.wav', 'take.wav'],
      ['a%252Fb.wav', 'a%2Fb.wav'],
      ['a%00b%0D%0AX-Evil:%201.wav', 'abX-Evil: 1.wav'],
      ['gpj.%E2%80%AEvaw.wav', 'gpj.vaw.wav'],
      ['a+b%20c.wav', 'a+b c.wav'],
      ['Sesio%CC%81n%20%E2%84%961.wav', 'Sesión №1.wav'],
      ['%24(id).wav', '$(id).wav'],
      [`${'x'.repeat(300)}.wav`, `${'x'.repeat(251)}.wav`],
      ['constructor.wav', 'constructor.wav'],
    ])('of hostile make is kept safely: %s', async (sent, kept) => {
      const record = recordOf(await put('names', SMALL, { name: sent }));
      expect(record.originalFilename).toBe(kept);
      expect(record.key).toMatch(
        /^audio-files\/sessions\/session-names\/original\/\d{8}_\d{6}_[A-Za-z0-9._-]{1,124}\.wav$/,
      );
    });

    it.each(['..', '.', '%2e%2e', '%2E', '%2F', 'a%2F', 'a%2F..', '%00', '%20', '%E2%80%AE', ''])(
      'that says nothing is refused: %j',
      async (name) => {
        expectError(await put('nameless', SMALL, { name }), 400, 'INVALID_FILENAME');
        expect(await remains(running, 'nameless')).toEqual(NOTHING);
      },
    );

    it.each(['%', '%zz.wav', '%ff.wav'])('that cannot be decoded is refused: %s', async (name) => {
      expectError(await put('nameless', SMALL, { name }), 400, 'BAD_REQUEST');
    });

    it('of two segments is no route, and one without name is told so', async () => {
      expectError(await put('nameless', SMALL, { name: 'a/b.wav' }), 404, 'ROUTE_NOT_FOUND');
      const path = '/v1/sessions/nameless/files';
      const answer = await send(running.service, { method: 'PUT', path, headers: PLAIN, body: SMALL });
      expectError(answer, 400, 'INVALID_FILENAME');
      expectError(await put('a.b', SMALL), 400, 'VALIDATION_FAILED');
    });
  });

  describe('has a receipt', () => {
    const status = (id: string): Promise<Answer> => running.service.fetch(`/v1/files/${id}/receipt`).then(toAnswer);

    it('when it came in a form, too, and in the trash', async () => {
      const { id } = recordOf(await postForm(running.service, 'receipts', formBody([filePart('a.wav', SMALL)])));
      const receipt = await receiptOf(id);
      expect(receipt.verifications).toContainEqual({
        by: 'service',
        algorithm: 'SHA256',
        value: sha256(SMALL),
        verifiedAt: expect.any(String) as unknown,
      });
      expect(receipt.verifications.map(({ by }) => by)).not.toContain('client');
      await running.service.json(`/v1/files/${id}`, { method: 'DELETE' }, 204);
      expect(await receiptOf(id)).toEqual(receipt);
    });

    it('not before it is stored, and not when it was rejected, with the reason on its record', async () => {
      const socket = await begin('pending', { 'content-length': String(LARGE.length) });
      socket.write(LARGE.subarray(0, 500_000));
      const [row] = await until(
        'a pending file',
        () => running.target.sql<{ id: string }>("select id from stored_file where session_id = 'pending'"),
        (rows) => rows.length === 1,
      );
      expectError(await status(row?.id ?? ''), 409, 'FILE_NOT_STORED');
      socket.destroy();
      const { id } = recordOf(await put('rejected', SMALL));
      await running.target.sql(
        "update stored_file set status = 'rejected', rejected_reason = 'CHECKSUM_MISMATCH' where id = $1",
        [id],
      );
      expectError(await status(id), 409, 'FILE_NOT_STORED');
      expect(await running.service.json(`/v1/files/${id}`)).toMatchObject({
        status: 'rejected',
        rejectedReason: 'CHECKSUM_MISMATCH',
      });
    });

    it('that names nobody for a file of old', async () => {
      const { id } = recordOf(await put('old', SMALL));
      await running.target.sql('update stored_file set verifications = default where id = $1', [id]);
      expect((await receiptOf(id)).verifications).toEqual([]);
    });

    it('only if there is such a file, for who may read it', async () => {
      expectError(await status(UNKNOWN_ID), 404, 'FILE_NOT_FOUND');
      expectError(await status('42'), 400, 'VALIDATION_FAILED');
      const { key } = await makeKey(running.target, ['files:write']);
      const headers = { authorization: `Bearer ${key}` };
      const path = `/v1/files/${UNKNOWN_ID}/receipt`;
      expectError(await send(running.service, { path, headers }), 403, 'SCOPE_MISSING');
    });
  });
});

function digest(bytes: Uint8Array): string {
  return `sha-256=:${sha256(bytes)}:`;
}

function writeChunk(socket: Socket, bytes: Buffer): void {
  socket.write(`${bytes.length.toString(16)}\r\n`);
  socket.write(bytes);
  socket.write('\r\n');
}
