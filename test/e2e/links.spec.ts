import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Service, until } from '../support/service.js';
import {
  expectError,
  makeKey,
  postJson,
  secretsIn,
  startService,
  toAnswer,
  UNKNOWN_ID,
  type FileLink,
  type FileRecord,
  type Running,
} from './e2e.js';
import {
  BYTES,
  expectDownload,
  expectNoForgery,
  ledger,
  post,
  secretsOf,
  STORE,
  upload,
  type Batch,
} from './link-checks.js';

describe(`links of the ${STORE} store`, () => {
  let running: Running;
  let file: FileRecord;
  let other: FileRecord;

  beforeAll(async () => {
    running = await startService();
    file = await upload(running, 'links');
    other = await upload(running, 'links');
  }, 120_000);
  afterAll(() => running.close());

  const link = (id: string, body: object = {}): Promise<FileLink> =>
    postJson(running.service, `/v1/files/${id}/links`, body);

  it('download the right bytes under the right name, by range too', async () => {
    const { url, expiresAt, servedBy } = await link(file.id);
    expect(servedBy).toBe(STORE);
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    await expectDownload(fetch, url);
  });

  it('open nothing once they are altered', async () => {
    await expectNoForgery(fetch, [await link(file.id), await link(other.id)]);
  });

  it('open nothing once they have expired', async () => {
    const { url, expiresAt } = await link(file.id, { expiresInSeconds: 1 });
    const ended = await until(
      'the end of a link',
      async () => toAnswer(await fetch(url)),
      ({ status }) => status !== 200,
    );
    expect(ended.status).toBe(403);
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now());
  });

  it('are not held to what their server cannot enforce', async () => {
    const before = await ledger(running, [file.id]);
    for (const ip of ['203.0.113.7', '203.0.113.0/24', '2001:db8::/32']) {
      const answer = await post(running, `/v1/files/${file.id}/links`, { ip });
      expect(expectError(answer, 422, 'ADDRESS_NOT_ENFORCEABLE')).toMatchObject({ details: { servedBy: STORE } });
    }
    const startsAt = new Date(Date.now() + 60_000).toISOString();
    const late = await post(running, `/v1/files/${file.id}/links`, { startsAt });
    expectError(late, 422, 'START_NOT_ENFORCEABLE');
    expectError(
      await post(running, '/v1/links', { fileIds: [file.id], ip: '10.0.0.1' }),
      422,
      'ADDRESS_NOT_ENFORCEABLE',
    );
    expect(await ledger(running, [file.id])).toEqual(before);
  });

  it('come in batches, in order, entered in one INSERT with who, what for and until when', async () => {
    const files = [await upload(running, 'batch'), await upload(running, 'batch'), await upload(running, 'batch')];
    const fileIds = [files[2]!.id.toUpperCase(), files[0]!.id, files[1]!.id];
    const order = { fileIds, expiresInSeconds: 600, disposition: 'inline', purpose: 'review by the board 👩‍⚖️' };
    const { items } = await postJson<Batch>(running.service, '/v1/links', order);
    expect(items.map(({ fileId }) => fileId)).toEqual(fileIds.map((id) => id.toLowerCase()));
    for (const item of items) {
      expect(item.servedBy).toBe(STORE);
      const content = await fetch(item.url);
      expect(content.headers.get('content-disposition')).toMatch(/^inline;/);
      expect(Buffer.from(await content.arrayBuffer()).equals(BYTES)).toBe(true);
    }
    const rows = await ledger(
      running,
      files.map(({ id }) => id),
    );
    expect(rows).toHaveLength(3);
    expect(new Set(rows.map((row) => row.statement)).size).toBe(1);
    for (const row of rows) {
      const { expiresAt } = items.find(({ fileId }) => fileId === row.subject_id)!;
      expect(row).toMatchObject({
        address: '127.0.0.1',
        details: { expiresAt, servedBy: STORE, purpose: order.purpose },
      });
      expect(JSON.stringify(row)).not.toMatch(/Signature|https?:/);
    }
    expect(running.service.logs.match(/TEMP_URL_GENERATED/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('come in batches of a hundred, still entered in one INSERT, and no more', async () => {
    // Of a kind that is never archived the store is not asked: records alone do for the number.
    const records = await running.target.sql<{ id: string }>(
      `insert into stored_file select (jsonb_populate_record(file, jsonb_build_object(
           'id', gen_random_uuid(), 'kind', 'session-result', 'key', file.key || '-' || number))).*
         from stored_file file, generate_series(2, 101) number where file.id = $1 returning id`,
      [file.id],
    );
    const hundred = records.map(({ id }) => id);
    const { items } = await postJson<Batch>(running.service, '/v1/links', { fileIds: hundred });
    expect(items.map(({ fileId }) => fileId)).toEqual(hundred);
    expect(new Set(items.map(({ url }) => url)).size).toBe(100);
    const rows = await ledger(running, hundred);
    expect(rows).toHaveLength(100);
    expect(new Set(rows.map((row) => row.statement)).size).toBe(1);

    await running.target.sql('delete from stored_file where id = any($1)', [hundred]);
    const answer = await post(running, '/v1/links', { fileIds: hundred });
    const { details } = expectError(answer, 404, 'FILE_NOT_FOUND') as { details: { files: { fileId: string }[] } };
    expect(details.files.map(({ fileId }) => fileId)).toEqual(hundred);
    for (const body of [
      { fileIds: [...hundred, UNKNOWN_ID] },
      { fileIds: [] },
      { fileIds: [file.id, file.id.toUpperCase()] },
      { fileIds: ['x'] },
      { fileIds: file.id },
      { fileIds: [[file.id]] },
      { fileIds: null },
      {},
      undefined,
      { fileIds: [file.id], filename: 'a.flac' },
      { fileIds: [file.id], ip: '203.0.113.7/33' },
      { fileIds: [file.id], ip: null },
      { fileIds: [file.id], startsAt: '2026-13-01T00:00:00Z' },
      { fileIds: [file.id], startsAt: '2026' },
      { fileIds: [file.id], startsAt: '2026-02-30T00:00:00Z' },
      { fileIds: [file.id], startsAt: 0 },
      { fileIds: [file.id], purpose: '' },
      { fileIds: [file.id], purpose: 'a\u0000b' },
      { fileIds: [file.id], purpose: '\ud800' },
      { fileIds: [file.id], purpose: 'x'.repeat(201) },
    ]) {
      expectError(await post(running, '/v1/links', body), 400, 'VALIDATION_FAILED');
    }
    const tooLong = await post(running, '/v1/links', { fileIds: [file.id], expiresInSeconds: 604_801 });
    expectError(tooLong, 400, 'LINK_TOO_LONG');
  });

  it('are made for all files of a batch or for none', async () => {
    const [good, trashed] = [await upload(running, 'none'), await upload(running, 'none')];
    await running.service.fetch(`/v1/files/${trashed.id}`, { method: 'DELETE' });
    const answer = await post(running, '/v1/links', { fileIds: [good.id, trashed.id, UNKNOWN_ID] });
    expect(expectError(answer, 409, 'FILE_TRASHED')).toMatchObject({
      details: {
        files: [
          { fileId: trashed.id, code: 'FILE_TRASHED' },
          { fileId: UNKNOWN_ID, code: 'FILE_NOT_FOUND' },
        ],
      },
    });
    expect(await ledger(running, [good.id, trashed.id])).toEqual([]);
  });

  it('of one batch are entered once, however often it is sent with its Idempotency-Key', async () => {
    const order = { fileIds: [file.id, other.id], expiresInSeconds: 900 };
    const before = (await ledger(running, order.fileIds)).length;
    const headers = { 'idempotency-key': 'batch-1' };
    const [first, again] = await Promise.all([1, 2].map(() => post(running, '/v1/links', order, headers)));
    expect([first?.status, again?.status]).toEqual([201, 201]);
    const ends = [first, again].flatMap((answer) =>
      (JSON.parse(answer!.text) as Batch).items.map((item) => item.expiresAt),
    );
    expect(new Set(ends).size).toBe(1);
    expect(await ledger(running, order.fileIds)).toHaveLength(before + 2);
    const another = await post(running, '/v1/links', { ...order, purpose: 'another' }, headers);
    expectError(another, 422, 'IDEMPOTENCY_KEY_REUSED');
  });

  it('are not born again under an Idempotency-Key when they have ended', async () => {
    const before = (await ledger(running, [file.id])).length;
    const ask = (): ReturnType<typeof post> =>
      post(running, `/v1/files/${file.id}/links`, { expiresInSeconds: 2 }, { 'idempotency-key': 'ended-1' });
    const { expiresAt } = JSON.parse((await ask()).text) as FileLink;
    const ended = await until('the end of a link', ask, ({ status }) => status !== 201);
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now());
    expect(expectError(ended, 409, 'LINK_ENDED')).toMatchObject({ details: { expiresAt } });
    expect(await ledger(running, [file.id])).toHaveLength(before + 1);
  });

  it('say of text that it is UTF-8; the record has its bare type', async () => {
    const upload = { name: 'gruß.txt', bytes: Buffer.from('Grüße') };
    const sent = await running.service.upload('/v1/sessions/links/files?type=document', upload);
    const text = (await sent.json()) as FileRecord;
    expect(text).toMatchObject({ contentType: 'text/plain' });
    for (const answer of [
      await fetch((await link(text.id)).url),
      await running.service.fetch(`/v1/files/${text.id}/content?proxy=1`),
    ]) {
      expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(await answer.text()).toBe('Grüße');
    }
  });

  it('are refused to a key without links:create, and cookies to everybody where there is no CloudFront', async () => {
    const { key } = await makeKey(running.target, ['files:read']);
    const authorization = `Bearer ${key}`;
    const batch = await post(running, '/v1/links', { fileIds: [file.id] }, { authorization });
    expectError(batch, 403, 'SCOPE_MISSING');
    expectError(await post(running, '/v1/sessions/links/cookies', {}, { authorization }), 403, 'SCOPE_MISSING');
    expectError(await post(running, '/v1/sessions/links/cookies'), 501, 'CLOUDFRONT_NOT_CONFIGURED');
    expect(await ledger(running, ['links'])).toEqual([]);
  });

  if (STORE === 'local') {
    it('of CloudFront are none: a distribution without a bucket stops the start', async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const keyPath = join(running.target.dataDir, 'cloudfront.pem');
      writeFileSync(keyPath, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
      const service = await Service.start(running.target, {
        env: {
          CLOUDFRONT_DOMAIN: 'media.example.org',
          CLOUDFRONT_KEY_PAIR_ID: 'K2JCJMDEHXQW5F',
          CLOUDFRONT_PRIVATE_KEY_PATH: keyPath,
        },
        detached: true,
      });
      expect(await service.exit()).toEqual({ code: 1, signal: null });
      expect(service.logs).toMatch(/The configuration cannot be used:\n {2}CLOUDFRONT_DOMAIN .*local object store/);
      expect(service.logs).not.toMatch(/^\s+at /m);
    });
  }

  if (STORE === 's3') {
    it('end with the credentials that signed them, and say so', async () => {
      const expiration = new Date(Math.floor(Date.now() / 1000) * 1000 + 20 * 60_000).toISOString();
      const service = await Service.start(running.target, { env: { AWS_CREDENTIAL_EXPIRATION: expiration } });
      try {
        const long = await postJson<FileLink>(service, `/v1/files/${file.id}/links`, { expiresInSeconds: 36_000 });
        expect(long.expiresAt).toBe(expiration);
        const short = await postJson<FileLink>(service, `/v1/files/${file.id}/links`, { expiresInSeconds: 60 });
        expect(Date.parse(short.expiresAt)).toBeLessThan(Date.now() + 61_000);
        await expectDownload(fetch, long.url);
      } finally {
        await service.stop();
      }
    }, 60_000);
  }

  it('leave no signature in the log', async () => {
    const { url } = await link(file.id, { purpose: 'a look at the log' });
    await fetch(url);
    await running.service.fetch(`/v1/files/${file.id}?${url.split('?')[1] ?? ''}`);
    expect(running.service.logs).toContain('TEMP_URL_GENERATED');
    for (const secret of secretsOf(url)) expect(running.service.logs).not.toContain(secret);
    expect(secretsIn(running.service)).toEqual([]);
  });
});
