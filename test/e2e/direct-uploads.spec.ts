import { crc32 } from 'node:zlib';
import { crc32ToBase64 } from '../../src/object-storage/crc32.js';
import { Readable } from 'node:stream';
import { until } from '../support/service.js';
import {
  announced,
  atStore,
  bytesAt,
  complete,
  MEBIBYTE,
  open,
  pdf,
  postFields,
  put,
  refused,
  SMALL_PARTS,
  state,
  type OpenedUpload,
} from './direct.js';
import {
  makeKey,
  postJson,
  processed,
  secretsIn,
  sha256,
  startService,
  UNKNOWN_ID,
  wav,
  type FileList,
  type FileRecord,
  type Running,
} from './e2e.js';

const BYTES = pdf(40_000);
const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const UUID = /^[0-9a-f-]{36}$/;

describe('an upload straight to the bucket, in one request', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService(SMALL_PARTS);
  }, 120_000);
  afterAll(() => running.close());

  const rows = async (sessionId: string): Promise<string[]> =>
    (
      await running.target.sql<{ status: string }>('select status from stored_file where session_id = $1', [sessionId])
    ).map(({ status }) => status);
  const reject = (body: unknown, status: number) =>
    postJson<{ code: string; details?: Record<string, unknown> }>(running.service, '/v1/uploads', body, status);

  it('is one PUT up to the threshold and parts above it', async () => {
    const single = await open(running, 'shape', { bytes: Buffer.alloc(5 * MEBIBYTE) });
    expect(single).toEqual({
      id: expect.stringMatching(UUID) as string,
      fileId: expect.stringMatching(UUID) as string,
      strategy: 'single',
      method: 'PUT',
      url: expect.stringMatching(/^https?:\/\//) as string,
      headers: expect.objectContaining({ 'content-type': 'application/pdf', 'if-none-match': '*' }) as object,
      fields: null,
      partSizeBytes: null,
      partCount: null,
      parts: [],
      expiresAt: expect.stringMatching(ISO_TIME) as string,
    });
    const parts = await open(running, 'shape', { bytes: Buffer.alloc(5 * MEBIBYTE + 1) });
    expect(parts).toMatchObject({ strategy: 'multipart', method: 'PUT', url: null, headers: {}, fields: null });
    expect(parts).toMatchObject({ partSizeBytes: 5 * MEBIBYTE, partCount: 2 });
    expect(parts.parts.map(({ partNumber }) => partNumber)).toEqual([1, 2]);
    for (const part of parts.parts) expect(Object.keys(part.headers)).not.toContain('content-type');
    for (const { id } of [single, parts]) await running.service.json(`/v1/uploads/${id}`, { method: 'DELETE' }, 204);
  });

  it('stores what was sent, under a key of the server, checked by size and type', async () => {
    const more = { filename: '../../Ärger "x".pdf', contentType: 'text/html' };
    const upload = await open(running, 'whole', { bytes: BYTES, more });
    expect(await rows('whole')).toEqual(['pending']);
    expect(await running.service.json(`/v1/sessions/whole/files`)).toMatchObject({ items: [] });
    expect((await put(upload, BYTES)).status).toBe(200);
    const file = await complete(running, upload.id);
    expect(file).toMatchObject({
      id: upload.fileId,
      status: 'stored',
      contentType: 'application/pdf',
      originalFilename: 'Ärger "x".pdf',
      sizeBytes: BYTES.length,
      sessionId: 'whole',
    });
    expect(file.key).toMatch(/^document-files\/sessions\/session-whole\/original\/\d{8}_\d{6}_[A-Za-z0-9._-]+\.pdf$/);
    expect(await bytesAt(running, file.key)).toEqual(BYTES);
    expect(await complete(running, upload.id)).toEqual(file);
    expect(await complete(running, upload.id, { checksum: { algorithm: 'SHA256', value: sha256(BYTES) } })).toEqual(
      file,
    );
    expect(
      await refused(running, upload.id, {
        status: 409,
        body: { checksum: { algorithm: 'SHA256', value: sha256(pdf(10)) } },
      }),
    ).toMatchObject({ code: 'STORED_CHECKSUM_DIFFERS' });
    expect(await state(running, upload.id)).toMatchObject({ status: 'completed', reason: null, parts: [] });
    const told = running.service.logs
      .split('\n')
      .filter((line) => line.includes(upload.id) && line.includes('_UPLOADED'));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('SESSION_FILE_UPLOADED');
    expect(secretsIn(running.service)).toEqual([]);
  });

  it('has what follows from a recording, as any other', async () => {
    const bytes = wav(60_000);
    const upload = await postJson<OpenedUpload>(running.service, '/v1/uploads', {
      kind: 'session-original',
      sessionId: 4711,
      filename: 'interview.wav',
      size: bytes.length,
      checksum: { algorithm: 'SHA256', value: sha256(bytes) },
    });
    expect((await put(upload, bytes)).status).toBe(200);
    const file = await complete(running, upload.id);
    expect(file).toMatchObject({ checksum: { algorithm: 'SHA256', value: sha256(bytes) }, sessionId: '4711' });
    expect(await processed(running.service, file.id)).toMatchObject({ status: 'done' });
  }, 120_000);

  it.each([
    ['no size', { size: undefined }, 400, 'VALIDATION_FAILED'],
    ['no bytes', { size: 0 }, 400, 'VALIDATION_FAILED'],
    ['too many bytes', { size: 20 * MEBIBYTE + 1 }, 413, 'FILE_TOO_LARGE'],
    ['another type by name', { filename: 'a.exe' }, 415, 'TYPE_NOT_ACCEPTED'],
    ['a name that is none', { filename: '..' }, 400, 'INVALID_FILENAME'],
    ['no session', { sessionId: undefined }, 400, 'VALIDATION_FAILED'],
    ['a session that is a path', { sessionId: '../x' }, 400, 'VALIDATION_FAILED'],
    ['a property that is none of its kind', { category: 'screenshots' }, 400, 'VALIDATION_FAILED'],
    ['a property that all objects have', { constructor: 'x' }, 400, 'VALIDATION_FAILED'],
    ['an unknown kind', { kind: 'nothing' }, 400, 'UNKNOWN_KIND'],
    ['a kind that does not come so', { kind: 'session-result' }, 422, 'KIND_NOT_DIRECT'],
    ['a checksum of parts', { checksum: { algorithm: 'CRC32', value: 'AAAAAA==' } }, 422, 'CHECKSUM_UNSUPPORTED'],
    ['a checksum that nobody knows', { checksum: { algorithm: 'MD5', value: 'AAAA' } }, 422, 'CHECKSUM_UNSUPPORTED'],
    ['a checksum that is an array', { checksum: [] }, 400, 'VALIDATION_FAILED'],
    ['a NUL among its parameters', { sessionId: 'a\u0000' }, 400, 'VALIDATION_FAILED'],
    ['a NUL for a kind', { kind: '\u0000' }, 400, 'UNKNOWN_KIND'],
    ['a checksum that is none', { checksum: { algorithm: 'SHA256', value: 'AAAA' } }, 400, 'INVALID_CHECKSUM'],
  ])('is refused before anything is signed or written: %s', async (_, more, status, code) => {
    expect(await reject(announced('refused', BYTES, more), status)).toMatchObject({ code });
    expect(await rows('refused')).toEqual([]);
  });

  it('is held by the store to its length, its type, its checksum and to being the first', async () => {
    const upload = await open(running, 'held', {
      bytes: BYTES,
      more: { checksum: { algorithm: 'SHA256', value: sha256(BYTES) } },
    });
    expect(upload.headers).toMatchObject({ 'x-amz-checksum-sha256': sha256(BYTES) });
    const otherBytes = pdf(BYTES.length);
    expect((await put(upload, BYTES.subarray(1))).status).toBe(403);
    expect((await put(upload, BYTES, { 'content-type': 'text/html' })).status).toBe(403);
    expect((await put(upload, BYTES, { 'x-amz-checksum-sha256': sha256(otherBytes) })).status).toBe(403);
    expect((await put(upload, BYTES, { 'if-none-match': '"x"' })).status).toBe(403);
    expect((await put(upload, otherBytes)).status).toBe(400);
    expect(await refused(running, upload.id, { status: 409 })).toMatchObject({ code: 'UPLOAD_INCOMPLETE' });
    expect(await state(running, upload.id)).toMatchObject({ status: 'open' });
    expect((await put(upload, BYTES)).status).toBe(200);
    expect((await put(upload, BYTES)).status).toBe(412);
    expect((await complete(running, upload.id)).checksum).toEqual({ algorithm: 'SHA256', value: sha256(BYTES) });
    expect((await put(upload, BYTES)).status).toBe(412);
  });

  it.each([
    [
      'other bytes than its name says',
      Buffer.from('<html><script>alert(1)</script></html>'.repeat(9)),
      {},
      415,
      'TYPE_NOT_ACCEPTED',
    ],
    ['another checksum', BYTES, { checksum: { algorithm: 'SHA256', value: sha256(pdf(9)) } }, 422, 'CHECKSUM_MISMATCH'],
  ])('is rejected, its object removed and the reason on record: %s', async (_, bytes, body, status, code) => {
    const upload = await open(running, 'wrong', { bytes });
    expect((await put(upload, bytes)).status).toBe(200);
    expect(await refused(running, upload.id, { status, body })).toMatchObject({ code });
    expect(await atStore(running, upload)).toMatchObject({ object: false, openUploads: 0 });
    expect(await state(running, upload.id)).toMatchObject({ status: 'rejected', reason: code });
    expect(await running.service.json(`/v1/files/${upload.fileId}`)).toMatchObject({ status: 'rejected' });
    expect(await refused(running, upload.id, { status: 409 })).toMatchObject({
      code: 'UPLOAD_FINISHED',
      details: { status: 'rejected', reason: code },
    });
    expect(running.service.logs).toContain('UPLOAD_REJECTED');
    const metrics = await (await running.service.fetch('/metrics')).text();
    expect(metrics).toMatch(new RegExp(`catalyst_uploads_total\\{kind="session-original",outcome="${code}"\\} [1-9]`));
  });

  it('is completed once, however often and differently that is asked at once', async () => {
    const upload = await open(running, 'at-once', { bytes: BYTES });
    await put(upload, BYTES);
    const right = { checksum: { algorithm: 'SHA256', value: sha256(BYTES) } };
    const bodies = [undefined, {}, right, { parts: [{ partNumber: 1, etag: '"x"' }] }, right];
    const answers = await Promise.all(bodies.map((body) => complete(running, upload.id, body)));
    expect(new Set(answers.map((file) => JSON.stringify(file))).size).toBe(1);
    const audited = await running.target.sql(
      "select 1 from audit_event where action = 'file.stored' and subject_id = $1",
      [upload.fileId],
    );
    expect(audited).toHaveLength(1);
  });

  it('has one end where a right and a wrong completion meet', async () => {
    const upload = await open(running, 'meeting', { bytes: BYTES });
    await put(upload, BYTES);
    const checksums = [sha256(BYTES), sha256(pdf(8)), sha256(BYTES), sha256(pdf(8)), sha256(BYTES)];
    const answers = await Promise.all(
      checksums.map((value) =>
        running.service.fetch(`/v1/uploads/${upload.id}/complete`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ checksum: { algorithm: 'SHA256', value } }),
        }),
      ),
    );
    const { status } = await state(running, upload.id);
    const stored = answers.filter((answer) => answer.status === 200).length;
    expect({ status, stored }).toEqual(
      status === 'completed' ? { status, stored: 3 } : { status: 'rejected', stored: 0 },
    );
    expect((await atStore(running, upload)).object).toBe(status === 'completed');
  });

  it('may come as a form, beside its key, and is copied when it is completed', async () => {
    const upload = await open(running, 'form', { bytes: BYTES, more: { form: true } });
    expect(upload).toMatchObject({ strategy: 'single', method: 'POST', headers: {}, parts: [] });
    expect(upload.fields?.['key']).toBe(`temp/uploads/${upload.fileId}/a.pdf`);
    for (const bytes of [BYTES.subarray(1), Buffer.concat([BYTES, BYTES])])
      expect([400, 413]).toContain((await postFields(upload, bytes)).status);
    expect(await refused(running, upload.id, { status: 409 })).toMatchObject({ code: 'UPLOAD_INCOMPLETE' });
    expect((await postFields(upload, BYTES)).status).toBe(201);
    expect(await atStore(running, upload)).toMatchObject({ object: false, staged: true });
    const answers = await Promise.all(Array.from({ length: 5 }, () => complete(running, upload.id)));
    expect(new Set(answers.map(({ id }) => id))).toEqual(new Set([upload.fileId]));
    expect(await atStore(running, upload)).toMatchObject({ object: true, staged: false, openUploads: 0 });
    expect((await postFields(upload, pdf(BYTES.length))).status).toBe(201);
    expect(await bytesAt(running, answers[0]?.key ?? '')).toEqual(BYTES);
    expect(await complete(running, upload.id)).toMatchObject({ status: 'stored' });
  });

  it.each([
    ['one PUT', {}],
    ['a form', { form: true }],
  ])('has a receipt that says who verified its checksum, whether the store keeps one or not: %s', async (_, more) => {
    const upload = await open(running, 'receipt', { bytes: BYTES, more });
    const sent = upload.fields === null ? await put(upload, BYTES) : await postFields(upload, BYTES);
    expect(sent.ok).toBe(true);
    await complete(running, upload.id);
    const receipt = await running.service.json(`/v1/files/${upload.fileId}/receipt`);
    const checksum = receipt['checksum'] as { algorithm: string };
    expect(receipt['sizeBytes']).toBe(BYTES.length);
    // Ceph keeps none of what came without; the local store keeps a CRC-32.
    expect([
      { algorithm: 'SHA256', value: sha256(BYTES) },
      { algorithm: 'CRC32', value: crc32ToBase64(crc32(BYTES)) },
    ]).toContainEqual(checksum);
    expect(receipt['verifications']).toContainEqual({
      ...checksum,
      by: expect.stringMatching(/^(service|store)$/) as string,
      verifiedAt: expect.stringMatching(ISO_TIME) as string,
    });
  });

  it('is its sender’s alone', async () => {
    const other = await makeKey(running.target, ['files:write']);
    const upload = await open(running, 'foreign', { bytes: BYTES });
    const as = { authorization: `Bearer ${other.key}`, 'content-type': 'application/json' };
    const requests = [
      { path: '', method: 'GET' },
      { path: '', method: 'DELETE' },
      { path: '/complete', method: 'POST', body: '{}' },
      { path: '/parts', method: 'POST', body: '{"from":1}' },
    ];
    for (const { path, ...init } of requests) {
      for (const id of [upload.id, UNKNOWN_ID]) {
        const error = await running.service.json(`/v1/uploads/${id}${path}`, { ...init, headers: as }, 404);
        expect(error).toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
      }
      await running.service.json(`/v1/uploads/not-an-id${path}`, { ...init, headers: as }, 400);
    }
    expect(await state(running, upload.id)).toMatchObject({ status: 'open' });
  });

  it('is opened once for one Idempotency-Key, with URLs that work', async () => {
    const ask = (body: unknown): Promise<Response> =>
      running.service.fetch('/v1/uploads', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'open-1' },
        body: JSON.stringify(body),
      });
    const body = announced('idempotent', BYTES);
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(body)));
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(answer.status).toBe(409);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' });
    }
    const first = await until(
      'an answer',
      () => ask(body),
      ({ status }) => status === 201,
    );
    const upload = (await first.json()) as OpenedUpload;
    for (const answer of answers.filter(({ status }) => status === 201))
      expect(await answer.json()).toMatchObject({ id: upload.id, fileId: upload.fileId });
    expect(await rows('idempotent')).toEqual(['pending']);
    expect((await ask({ ...body, size: 1 })).status).toBe(422);
    expect((await put(upload, BYTES)).status).toBe(200);
    await complete(running, upload.id);
    const late = await ask(body);
    expect({ status: late.status, ...((await late.json()) as object) }).toMatchObject({
      status: 201,
      id: upload.id,
      url: null,
    });
  });

  it('leaves an object alone that somebody else put under the next key', async () => {
    const key = 'media/session-assets/occupied/screenshots/a.png';
    const alien = Buffer.from('not ours');
    await running.store.put(key, Readable.from([alien]), { contentType: 'text/plain' });
    const body = {
      kind: 'session-asset',
      sessionId: 'occupied',
      category: 'screenshots',
      filename: 'a.png',
      size: 100,
    };
    expect(await reject(body, 503)).toMatchObject({ code: 'KEY_OCCUPIED' });
    expect(await bytesAt(running, key)).toEqual(alien);
    expect(await rows('occupied')).toEqual([]);
    const next = await postJson<OpenedUpload>(running.service, '/v1/uploads', body);
    expect((await atStore(running, next)).key).toBe('media/session-assets/occupied/screenshots/a-2.png');
  });

  it.each([
    ['executive-summary', { documentId: 'd-1', language: 'de' }, /executive-summaries\/[\d/]+\/d-1_DE\.pdf$/],
    ['slide-deck', { documentId: 'd-1' }, /slide-decks\/[\d/]+\/d-1_slides\.pdf$/],
    ['one-pager', { documentId: 'd-1', language: 'EN' }, /one-pagers\/[\d/]+\/d-1_onepager\.pdf$/],
  ])('brings exports of documents as their form does: %s', async (kind, parameters, key) => {
    const body = { kind, ...parameters, filename: 'export.pdf', size: BYTES.length };
    const upload = await postJson<OpenedUpload>(running.service, '/v1/uploads', body);
    expect((await put(upload, BYTES)).status).toBe(200);
    const file = await complete(running, upload.id);
    expect(file).toMatchObject({ kind, documentId: 'd-1', key: expect.stringMatching(key) as string });
    const listed = await running.service.json<FileList>(`/v1/documents/d-1/exports?family=${kind}`);
    expect(listed.items).toEqual([expect.objectContaining({ id: file.id }) as FileRecord]);
    expect(running.service.logs).toContain('DOCUMENT_EXPORT_UPLOADED');
  });

  it('needs the language of a summary, which its key names', async () => {
    const body = { kind: 'executive-summary', documentId: 'd-2', filename: 'export.pdf', size: 9 };
    expect(await reject(body, 400)).toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('says which kinds can come so, and what they need', async () => {
    const { items } = await running.service.json<{ items: { kind: string }[] }>('/v1/uploads/kinds');
    expect(items.find(({ kind }) => kind === 'session-original')).toEqual({
      kind: 'session-original',
      parameters: [
        { name: 'sessionId', required: true },
        { name: 'type', required: false },
      ],
    });
    expect(items.map(({ kind }) => kind)).not.toContain('session-result');
  });
});
