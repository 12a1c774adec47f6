import { randomBytes } from 'node:crypto';
import {
  downloadName,
  expectError,
  fixture,
  makeKey,
  postJson,
  secretsIn,
  send,
  startService,
  toAnswer,
  UNKNOWN_ID,
  uploaded,
  type FileLink,
  type FileRecord,
  type Running,
} from './e2e.js';

const NOTE = Buffer.from('0123456789');
const RECORDING = fixture('mono-16k.wav');

describe('the content of a file', () => {
  let running: Running;
  let file: FileRecord;
  let path: string;

  beforeAll(async () => {
    running = await startService();
    file = await note('content', 'grüße.txt');
    path = `/v1/files/${file.id}/content`;
  }, 120_000);
  afterAll(() => running.close());

  const note = async (session: string, name = 'note.txt'): Promise<FileRecord> => {
    const answer = await running.service.upload(`/v1/sessions/${session}/files?type=document`, { name, bytes: NOTE });
    expect(answer.status).toBe(201);
    return (await answer.json()) as FileRecord;
  };
  const get = (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    running.service.fetch(url, { method, headers, redirect: 'manual' });
  const sql = (text: string, values: readonly unknown[]): Promise<object[]> => running.target.sql(text, values);

  describe('by way of a link', () => {
    it('is a redirect to one that lasts a minute, kept by nobody and entered in the ledger', async () => {
      const answer = await get(path);
      expect(answer.status).toBe(302);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.text()).toBe('');
      const location = new URL(answer.headers.get('location') ?? '');
      expect(location.searchParams.get('X-Amz-Expires')).toBe('60');
      const download = await fetch(location);
      expect(Buffer.from(await download.arrayBuffer()).equals(NOTE)).toBe(true);
      expect(downloadName(download.headers.get('content-disposition'))).toBe('grüße.txt');
      expect(download.headers.get('content-disposition')).toMatch(/^attachment/);
      expect(
        await sql("select id from audit_event where action = 'link.created' and subject_id = $1", [file.id]),
      ).toHaveLength(1);
    });

    it('comes as it was asked for', async () => {
      const answer = await get(`${path}?disposition=inline&filename=${encodeURIComponent('../other ✓.txt')}&proxy=0`);
      const download = await fetch(answer.headers.get('location') ?? '');
      expect(download.headers.get('content-disposition')).toMatch(/^inline/);
      expect(downloadName(download.headers.get('content-disposition'))).toBe('other ✓.txt');
      await download.text();
    });

    it('answers HEAD itself, with what the reader of the link will get, and gives out no link', async () => {
      const answer = await get(path, {}, 'HEAD');
      expect(answer.status).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-length': '10',
        'content-type': 'text/plain; charset=utf-8',
        etag: `"${file.etag}"`,
        'accept-ranges': 'bytes',
      });
      expect(
        await sql("select id from audit_event where action = 'link.created' and subject_id = $1", [file.id]),
      ).toHaveLength(2);
    });
  });

  describe('through the service', () => {
    const stream = (headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
      get(`${path}?proxy=1`, headers, method);

    it('is whole, under its type and name, and cannot run', async () => {
      const answer = await stream();
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(NOTE)).toBe(true);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-length': '10',
        'content-type': 'text/plain; charset=utf-8',
        etag: `"${file.etag}"`,
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
      });
      expect(downloadName(answer.headers.get('content-disposition'))).toBe('grüße.txt');
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
    });

    it.each([
      ['bytes=0-0', '0', 'bytes 0-0/10'],
      ['bytes=3-5', '345', 'bytes 3-5/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-2', '89', 'bytes 8-9/10'],
      ['bytes=8-5000', '89', 'bytes 8-9/10'],
      ['bytes=0-9223372036854775807', '0123456789', 'bytes 0-9/10'],
    ])('gives the range %s', async (range, text, contentRange) => {
      const answer = await stream({ range });
      expect([answer.status, await answer.text()]).toEqual([206, text]);
      expect(answer.headers.get('content-range')).toBe(contentRange);
      expect(answer.headers.get('content-length')).toBe(String(text.length));
    });

    it.each(['bytes=0-1,3-4', 'bytes=x', 'items=0-1', 'bytes=5-3'])('gives the whole for %s', async (range) => {
      const answer = await stream({ range });
      expect([answer.status, await answer.text()]).toEqual([200, NOTE.toString()]);
    });

    it('says how long it is to a range past the end', async () => {
      const answer = await toAnswer(await stream({ range: 'bytes=10-' }));
      expectError(answer, 416, 'RANGE_NOT_SATISFIABLE');
      expect(answer.headers['content-range']).toBe('bytes */10');
    });

    it('keeps to conditions', async () => {
      const etag = `"${file.etag}"`;
      const modified = (await stream({}, 'HEAD')).headers.get('last-modified') ?? '';
      const statusOf = async (headers: Record<string, string>): Promise<number> => {
        const answer = await stream(headers);
        await answer.arrayBuffer();
        return answer.status;
      };
      expect(await statusOf({ 'if-none-match': etag })).toBe(304);
      expect(await statusOf({ 'if-none-match': `W/${etag}, "x"` })).toBe(304);
      expect(await statusOf({ 'if-none-match': '*' })).toBe(304);
      expect(await statusOf({ 'if-none-match': '"x"' })).toBe(200);
      expect(await statusOf({ 'if-modified-since': modified })).toBe(304);
      expect(await statusOf({ 'if-modified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' })).toBe(200);
      expect(await statusOf({ 'if-match': etag })).toBe(200);
      expect(await statusOf({ 'if-match': '"x"' })).toBe(412);
      expect(await statusOf({ 'if-unmodified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' })).toBe(412);
      expect(await statusOf({ range: 'bytes=0-1', 'if-range': etag })).toBe(206);
      expect(await statusOf({ range: 'bytes=0-1', 'if-range': '"x"' })).toBe(200);
      expect(await statusOf({ range: 'bytes=0-1', 'if-range': modified })).toBe(206);
    });

    it('answers HEAD without bytes and without ranges', async () => {
      const answer = await stream({ range: 'bytes=0-1' }, 'HEAD');
      expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '10', '']);
    });

    it('carries a large file whole', async () => {
      const bytes = Buffer.concat([Buffer.from('A long note.\n'), Buffer.from(randomBytes(6_000_000).toString('hex'))]);
      const large = await running.service.upload('/v1/sessions/content/files?type=document', { name: 'l.txt', bytes });
      const { id } = (await large.json()) as FileRecord;
      const answer = await get(`/v1/files/${id}/content?proxy=1`);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    });
  });

  it('can be had of a result, whose place is asked for by its file', async () => {
    const recording = await uploaded(running.service, 'content-result', { name: 'a.wav', bytes: RECORDING });
    const answer = await get(`/v1/files/${recording.id}/content?proxy=1`, { range: 'bytes=0-3' });
    expect(await answer.text()).toBe('RIFF');
  });

  it.each([
    '?proxy=2',
    '?proxy=1&proxy=1',
    '?disposition=other',
    `?filename=${'x'.repeat(256)}`,
    '?expiresInSeconds=5',
  ])('is refused as it is asked for with %s', async (query) => {
    expectError(await toAnswer(await get(`${path}${query}`)), 400, 'VALIDATION_FAILED');
  });

  it('is refused under a name that nothing is left of', async () => {
    for (const proxy of [0, 1]) {
      const answer = await get(`${path}?proxy=${proxy}&filename=${encodeURIComponent('../..')}`);
      expectError(await toAnswer(answer), 400, 'INVALID_FILENAME');
    }
  });

  it('is for who may read files', async () => {
    const { key } = await makeKey(running.target, ['links:create']);
    const reader = await makeKey(running.target, ['files:read']);
    for (const query of ['', '?proxy=1']) {
      const refused = await get(`${path}${query}`, { authorization: `Bearer ${key}` });
      expectError(await toAnswer(refused), 403, 'SCOPE_MISSING');
      expectError(await send(running.service, { path: `${path}${query}`, anonymous: true }), 401, 'API_KEY_MISSING');
      const answer = await get(`${path}${query}`, { authorization: `Bearer ${reader.key}` });
      await answer.arrayBuffer();
      expect(answer.status).toBe(query === '' ? 302 : 200);
    }
  });

  describe.each([
    ['by way of a link', ''],
    ['through the service', '?proxy=1'],
  ])('%s', (_name, query) => {
    const refusal = async (id: string): Promise<Awaited<ReturnType<typeof toAnswer>>> =>
      toAnswer(await get(`/v1/files/${id}/content${query}`));

    it('is not given out of the trash, and not of a file that is not stored', async () => {
      const other = await note('content');
      await running.service.fetch(`/v1/files/${other.id}`, { method: 'DELETE' });
      expectError(await refusal(other.id), 409, 'FILE_TRASHED');
      await running.service.fetch(`/v1/files/${other.id}/restore`, { method: 'POST' });
      await sql("update stored_file set status = 'pending', lease_until = now() + interval '1 hour' where id = $1", [
        other.id,
      ]);
      expectError(await refusal(other.id), 409, 'FILE_NOT_STORED');
      expectError(await refusal(UNKNOWN_ID), 404, 'FILE_NOT_FOUND');
      expectError(await refusal('x'), 400, 'VALIDATION_FAILED');
    });

    it('is not promised of what is missing or in quarantine', async () => {
      const other = await note('content');
      await sql("update stored_file set condition = 'missing' where id = $1", [other.id]);
      expectError(await refusal(other.id), 404, 'OBJECT_MISSING');
      await sql("update stored_file set condition = 'quarantined' where id = $1", [other.id]);
      expectError(await refusal(other.id), 409, 'FILE_QUARANTINED');
      await sql("update stored_file set condition = 'ok' where id = $1", [other.id]);
      await running.store.delete(other.key);
      expectError(await refusal(other.id), 404, 'OBJECT_MISSING');
    });
  });

  describe('that a browser would run', () => {
    it.each(['text/html', 'application/xhtml+xml', 'image/svg+xml', 'application/xml', 'application/rss+xml'])(
      'is only ever saved: %s',
      async (type) => {
        const other = await note('active', 'page.svg.txt');
        await sql('update stored_file set content_type = $2 where id = $1', [other.id, type]);
        const content = `/v1/files/${other.id}/content`;
        const streamed = await get(`${content}?proxy=1&disposition=inline`);
        const redirected = await get(`${content}?disposition=inline`);
        const link = await postJson<FileLink>(running.service, `/v1/files/${other.id}/links`, {
          disposition: 'inline',
        });
        for (const answer of [streamed, await fetch(redirected.headers.get('location') ?? ''), await fetch(link.url)]) {
          expect(answer.headers.get('content-type')).toBe(type === 'text/html' ? `${type}; charset=utf-8` : type);
          expect(answer.headers.get('content-disposition')).toBe('attachment; filename="page.svg.txt"');
          await answer.text();
        }
      },
    );

    it('is shown only when that is asked, and harmless: PDF', async () => {
      const other = await note('active', 'paper.pdf.txt');
      await sql("update stored_file set content_type = 'application/pdf' where id = $1", [other.id]);
      for (const [query, disposition] of [
        ['', 'attachment'],
        ['&disposition=inline', 'inline'],
      ] as const) {
        const streamed = await get(`/v1/files/${other.id}/content?proxy=1${query}`);
        expect(streamed.headers.get('content-disposition')).toBe(`${disposition}; filename="paper.pdf.txt"`);
        await streamed.text();
      }
    });

    it('is not run by way of the local store’s own links, whatever they say', async () => {
      if (running.target.kind === 's3') return;
      const link = await postJson<FileLink>(running.service, `/v1/files/${file.id}/links`, {});
      const answer = await fetch(link.url, { headers: { range: 'bytes=0-1' } });
      expect(await answer.text()).toBe('01');
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
      });
      const refused = await fetch(`${link.url}0`);
      expect(refused.status).toBe(403);
      expect(refused.headers.get('x-content-type-options')).toBe('nosniff');
      expect(refused.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    });
  });

  it('is not the only answer that nothing may be run of: so are records and errors, and /docs runs its own', async () => {
    for (const [url, policy] of [
      [`/v1/files/${file.id}`, /^default-src 'none'.*sandbox/],
      [`/v1/files/${UNKNOWN_ID}`, /^default-src 'none'.*sandbox/],
      ['/nowhere', /^default-src 'none'.*sandbox/],
      ['/health/live', /^default-src 'none'.*sandbox/],
      ['/docs-json', /^default-src 'none'.*sandbox/],
      ['/docs', /^default-src 'self'.*object-src 'none'/],
    ] as const) {
      const answer = await get(url);
      expect([url, answer.headers.get('x-content-type-options')]).toEqual([url, 'nosniff']);
      expect(answer.headers.get('content-security-policy')).toMatch(policy);
      await answer.text();
    }
    const docs = await (await get('/docs')).text();
    expect(docs).not.toMatch(/<script(?![^>]*\bsrc=)|\son[a-z]+=/i);
  });

  it('is given out without a signature in the log', () => {
    expect(secretsIn(running.service)).toEqual([]);
  });
});
