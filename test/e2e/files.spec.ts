import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/service.js';
import {
  expectError,
  fixture,
  postJson,
  processed,
  startService,
  toAnswer,
  UNKNOWN_ID,
  uploaded,
  wav,
  type FileList,
  type FileRecord,
  type Running,
} from './e2e.js';

const NOTE = Buffer.from('A note, and nothing to be processed.\n');

describe('files', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService();
  }, 120_000);
  afterAll(() => running.close());

  const get = <T>(path: string, status = 200): Promise<T> => running.service.json<T>(path, {}, status);
  const trash = (id: string): Promise<Response> => running.service.fetch(`/v1/files/${id}`, { method: 'DELETE' });
  const restore = (id: string): Promise<Response> =>
    running.service.fetch(`/v1/files/${id}/restore`, { method: 'POST' });
  const note = async (session: string, name = 'note.txt'): Promise<FileRecord> => {
    const answer = await running.service.upload(`/v1/sessions/${session}/files?type=document`, { name, bytes: NOTE });
    expect(answer.status).toBe(201);
    return (await answer.json()) as FileRecord;
  };

  it('are read one by one and listed, newest first, by session and over all', async () => {
    const first = await note('list');
    const second = await note('list');
    const elsewhere = await note('list-other');
    expect(await get(`/v1/files/${first.id}`)).toEqual(first);
    expect(await get('/v1/sessions/list/files')).toEqual({ items: [second, first], nextCursor: null });
    expect(await get('/v1/sessions/list/results')).toEqual({ items: [], nextCursor: null });
    expect(await get('/v1/sessions/nobody-was-here/files')).toEqual({ items: [], nextCursor: null });
    const all = await get<FileList>('/v1/files?status=stored&kind=session-original&limit=3');
    expect(all.items).toEqual([elsewhere, second, first]);
  });

  it('are walked page by page exactly once, while new ones arrive', async () => {
    const session = 'walk';
    const before: string[] = [];
    for (let count = 0; count < 11; count += 1) before.push((await note(session)).id);
    for (const path of [`/v1/sessions/${session}/files?limit=3`, '/v1/files?limit=3']) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: FileList = await get(`${path}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
        expect(page.items.length).toBeLessThanOrEqual(3);
        seen.push(...page.items.map((item) => item.id));
        cursor = page.nextCursor;
        if (cursor !== null) await note(session);
      } while (cursor !== null);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual([...seen].sort().reverse());
      expect(seen.filter((id) => before.includes(id))).toEqual([...before].reverse());
    }
  }, 60_000);

  it('end their list with no cursor when the last page is full', async () => {
    for (let count = 0; count < 4; count += 1) await note('even');
    const first = await get<FileList>('/v1/sessions/even/files?limit=2');
    const second = await get<FileList>(`/v1/sessions/even/files?limit=2&cursor=${first.nextCursor ?? ''}`);
    expect(second.items).toHaveLength(2);
    expect(second.nextCursor).toBeNull();
  });

  it('get a number each when one name comes several times in the same second', async () => {
    const records = await Promise.all(Array.from({ length: 6 }, () => note('same', 'same.txt')));
    const keys = records.map((record) => record.key);
    expect(new Set(keys).size).toBe(6);
    const bySecond = Map.groupBy(keys, (key) => /(\d{8}_\d{6})_same/.exec(key)?.[1]);
    for (const [second, ofSecond] of bySecond) {
      const expected = ofSecond.map((_, index) => `${second ?? ''}_same${index === 0 ? '' : `-${index + 1}`}.txt`);
      expect(ofSecond.map((key) => key.slice(key.lastIndexOf('/') + 1)).sort()).toEqual(expected.sort());
    }
    expect(records.every((record) => record.originalFilename === 'same.txt')).toBe(true);
  });

  it('are asked for live in the store', async () => {
    const record = await note('live');
    expect(await get(`/v1/files/${record.id}/object`)).toMatchObject({
      key: record.key,
      sizeBytes: NOTE.length,
      etag: record.etag,
      contentType: 'text/plain',
      checksums: expect.any(Object) as unknown,
    });
    await running.store.delete(record.key);
    const gone = await toAnswer(await running.service.fetch(`/v1/files/${record.id}/object`));
    expectError(gone, 404, 'OBJECT_MISSING');
    expect(await get(`/v1/files/${record.id}`)).toEqual(record);
  });

  it('go to the trash, give no links there, and come back', async () => {
    const record = await note('bin');
    expect((await trash(record.id)).status).toBe(204);
    expect((await trash(record.id)).status).toBe(204);
    const trashed = await get<FileRecord>(`/v1/files/${record.id}`);
    expect(trashed).toMatchObject({ status: 'trashed', trashedAt: expect.any(String) as unknown });
    expect((await get<FileList>('/v1/sessions/bin/files')).items).toEqual([]);
    expect((await get<FileList>('/v1/files?status=trashed')).items[0]).toEqual(trashed);
    expectError(
      await toAnswer(await running.service.fetch(`/v1/files/${record.id}/links`, { method: 'POST' })),
      409,
      'FILE_TRASHED',
    );
    expect(await running.store.head(record.key)).toBeDefined();

    const back = await restore(record.id);
    expect(back.status).toBe(200);
    expect(await back.json()).toEqual(record);
    expectError(await toAnswer(await restore(record.id)), 409, 'FILE_NOT_TRASHED');
    expect((await get<FileList>('/v1/sessions/bin/files')).items).toEqual([record]);
  });

  it.each([
    ['GET', `/v1/files/${UNKNOWN_ID}`, 'FILE_NOT_FOUND'],
    ['GET', `/v1/files/${UNKNOWN_ID}/object`, 'FILE_NOT_FOUND'],
    ['DELETE', `/v1/files/${UNKNOWN_ID}`, 'FILE_NOT_FOUND'],
    ['POST', `/v1/files/${UNKNOWN_ID}/restore`, 'FILE_NOT_FOUND'],
    ['POST', `/v1/files/${UNKNOWN_ID}/links`, 'FILE_NOT_FOUND'],
    ['GET', `/v1/processing/${UNKNOWN_ID}`, 'PROCESSING_NOT_FOUND'],
  ])('that nobody knows are 404: %s %s', async (method, path, code) => {
    expectError(await toAnswer(await running.service.fetch(path, { method })), 404, code);
  });

  it('take their results to the trash and back, the copies at the known names too', async () => {
    const session = 'family';
    const source = await uploaded(running.service, session, { name: 'a.wav', bytes: fixture('mono-16k.wav') });
    const { results } = await processed(running.service, source.id);
    const copy = `audio-files/sessions/session-${session}/processed/waveform.png`;
    const copyIs = (there: boolean): Promise<unknown> =>
      until(
        `a copy that is ${there ? 'there' : 'gone'}`,
        () => running.store.head(copy),
        (head) => (head !== undefined) === there,
        120,
      );
    await copyIs(true);
    // One that was deleted before stays where it is.
    const alone = results[0]!;
    expect((await trash(alone)).status).toBe(204);

    expect((await trash(source.id)).status).toBe(204);
    for (const id of results) expect(await get(`/v1/files/${id}`)).toMatchObject({ status: 'trashed' });
    expect((await get<FileList>(`/v1/sessions/${session}/results`)).items).toEqual([]);
    expectError(await toAnswer(await restore(results[1]!)), 409, 'SOURCE_TRASHED');
    const places = await running.target.sql<{ current_revision_id: string | null }>(
      'select current_revision_id from place where key like $1',
      [`%/session-${session}/%`],
    );
    expect(places.map((place) => place.current_revision_id)).toEqual([null, null, null]);
    await copyIs(false);

    expect((await restore(source.id)).status).toBe(200);
    const { items } = await get<FileList>(`/v1/sessions/${session}/results`);
    expect(items.map((item) => item.id).sort()).toEqual(results.slice(1).sort());
    expect(await get(`/v1/files/${alone}`)).toMatchObject({ status: 'trashed' });
    await copyIs(true);
  }, 400_000);

  it('keep a result in the trash as long as its source is there', async () => {
    const source = await uploaded(running.service, 'orphan', { name: 'a.wav', bytes: fixture('mono-16k.wav') });
    const { results } = await processed(running.service, source.id);
    await trash(results[0]!);
    await trash(source.id);
    expectError(await toAnswer(await restore(results[0]!)), 409, 'SOURCE_TRASHED');
  }, 150_000);

  it('are cancelled when they go to the trash unprocessed, and processed when they come back', async () => {
    const source = await uploaded(running.service, 'again', { name: 'a.wav', bytes: wav(3_000_000) });
    expect((await trash(source.id)).status).toBe(204);
    const { status } = await processed(running.service, source.id);
    // On a quick machine the work may have been over before.
    expect(['cancelled', 'done']).toContain(status);
    expect((await restore(source.id)).status).toBe(200);
    expect(await processed(running.service, source.id)).toMatchObject({ status: 'done', error: null });
    expect((await get<FileList>('/v1/sessions/again/results')).items).toHaveLength(3);
  }, 300_000);

  it('can be deleted at any moment of their processing', async () => {
    const source = await uploaded(running.service, 'lock', { name: 'a.wav', bytes: fixture('mono-16k.wav') });
    const holder = await openClient(running);
    const watcher = await openClient(running);
    const waiting = async (): Promise<number> => {
      const { rowCount } = await watcher.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return rowCount ?? 0;
    };
    try {
      // Lets a run and the deletion meet where both want the same rows.
      await holder.query('begin');
      await holder.query('select 1 from processed_file where file_id = $1 for update', [source.id]);
      await until('a run that waits', waiting, (count) => count >= 1, 60);
      const deleted = trash(source.id);
      await until('a deletion that waits', waiting, (count) => count >= 2, 60);
      await holder.query('commit');
      expect((await deleted).status).toBe(204);
    } finally {
      await holder.end();
      await watcher.end();
    }
    expect(await get(`/v1/files/${source.id}`)).toMatchObject({ status: 'trashed' });
    expect((await get<FileList>('/v1/sessions/lock/results')).items).toEqual([]);
  }, 200_000);

  describe('that are corrupt', () => {
    const CORRUPT: readonly (readonly [string, Buffer])[] = [
      ['cut.m4a', fixture('stereo.m4a').subarray(0, 600)],
      ['noise.flac', Buffer.concat([Buffer.from('fLaC'), Buffer.alloc(20_000, 0xa5)])],
      ['header-only.wav', fixture('mono-16k.wav').subarray(0, 44)],
    ];

    it.each(CORRUPT)(
      'fail with a reason, once: %s',
      async (name, bytes) => {
        const session = `corrupt-${name.replace('.', '-')}`;
        const record = await uploaded(running.service, session, { name, bytes });
        const failed = await processed(running.service, record.id);
        expect(failed).toMatchObject({ status: 'failed', attempts: 1, results: [] });
        expect(failed.error).toEqual({
          code: expect.stringMatching(/^[A-Z][A-Z_]+$/) as unknown,
          message: expect.stringMatching(/\S/) as unknown,
        });
        expect(failed.step).toBe('probe');
        expect(await get(`/v1/files/${record.id}`)).toMatchObject({ status: 'stored', processingStatus: 'failed' });
        const jobs = await running.target.sql<{ state: string; retry_count: number }>(
          `select state::text as state, retry_count from pgboss.job where data->>'fileId' = $1`,
          [record.id],
        );
        expect(jobs.every((job) => job.retry_count === 0)).toBe(true);
        await until(
          'an end of the job',
          () =>
            running.target.sql<{ open: number }>(
              `select count(*)::int as open from pgboss.job where data->>'fileId' = $1 and state < 'completed'`,
              [record.id],
            ),
          ([row]) => row?.open === 0,
          30,
        );
        expect((await get<FileList>(`/v1/sessions/${session}/results`)).items).toEqual([]);
      },
      150_000,
    );
  });

  it.each([
    ['limit=0', 'VALIDATION_FAILED'],
    ['limit=201', 'VALIDATION_FAILED'],
    ['limit=x', 'VALIDATION_FAILED'],
    ['limit=1.5', 'VALIDATION_FAILED'],
    ['limit=1&limit=2', 'VALIDATION_FAILED'],
    ['status=lost', 'VALIDATION_FAILED'],
    ['status=stored&status=trashed', 'VALIDATION_FAILED'],
    ['kind=%00', 'VALIDATION_FAILED'],
    ['cursor=x', 'INVALID_CURSOR'],
    ['cursor=%00', 'INVALID_CURSOR'],
    [`cursor=${'A'.repeat(65)}`, 'VALIDATION_FAILED'],
    ['page=2', 'VALIDATION_FAILED'],
    ['__proto__[a]=1', 'VALIDATION_FAILED'],
    ['constructor=1', 'VALIDATION_FAILED'],
  ])('refuse to be listed by ?%s', async (query, code) => {
    expectError(await toAnswer(await running.service.fetch(`/v1/files?${query}`)), 400, code);
  });

  it.each(['?limit=0', '?status=trashed', '?cursor=x'])('refuse to be listed by session and %s', async (query) => {
    for (const path of ['files', 'results']) {
      expect((await running.service.fetch(`/v1/sessions/42/${path}${query}`)).status).toBe(400);
    }
  });

  it.each(['x', '42', '%00', '..%2f..', `${UNKNOWN_ID}%0a`, UNKNOWN_ID.replaceAll('-', '')])(
    'refuse an id that is none: %s',
    async (id) => {
      for (const path of [`files/${id}`, `files/${id}/object`, `processing/${id}`]) {
        expectError(await toAnswer(await running.service.fetch(`/v1/${path}`)), 400, 'VALIDATION_FAILED');
      }
    },
  );

  describe('given out by link', () => {
    let record: FileRecord;

    beforeAll(async () => {
      record = await note('links');
    });

    it.each([
      ['{"expiresInSeconds":0}', 'VALIDATION_FAILED'],
      ['{"expiresInSeconds":1.5}', 'VALIDATION_FAILED'],
      ['{"expiresInSeconds":"60"}', 'VALIDATION_FAILED'],
      ['{"expiresInSeconds":604801}', 'LINK_TOO_LONG'],
      ['{"disposition":"x"}', 'VALIDATION_FAILED'],
      ['{"filename":""}', 'VALIDATION_FAILED'],
      [`{"filename":"${'x'.repeat(256)}"}`, 'VALIDATION_FAILED'],
      ['{"forever":true}', 'VALIDATION_FAILED'],
      ['[]', 'VALIDATION_FAILED'],
    ])('refuse %s', async (body, code) => {
      const answer = await running.service.fetch(`/v1/files/${record.id}/links`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      expectError(await toAnswer(answer), 400, code);
    });

    it.each(['\\ud800.txt', '../a\\r\\nX-Evil: 1.txt', 'a\\u0000b.txt', '\\u202etxt.exe', '"; filename=b'])(
      'are downloaded under a safe name when one is asked for: %s',
      async (filename) => {
        const answer = await running.service.fetch(`/v1/files/${record.id}/links`, {
          method: 'POST',
          body: `{"filename":"${filename.replaceAll('"', '\\"')}"}`,
          headers: { 'content-type': 'application/json' },
        });
        expect([201, 400]).toContain(answer.status);
        if (answer.status === 400) return;
        const { url } = (await answer.json()) as { url: string };
        const content = await fetch(url);
        expect(content.status).toBe(200);
        const disposition = content.headers.get('content-disposition') ?? '';
        expect(disposition).toMatch(/^attachment; filename="[^"\\]*"(; filename\*=UTF-8''[\w!#$&+.^`|~%-]+)?$/);
        expect(disposition).not.toMatch(/%0[0-9a-f]|%e2%80%ae|%2f/i);
        expect(content.headers.get('x-evil')).toBeNull();
      },
    );

    it('are shown instead of saved when asked for, but never what runs in a browser', async () => {
      const { url } = await postJson<{ url: string }>(running.service, `/v1/files/${record.id}/links`, {
        disposition: 'inline',
        filename: 'Sesión №1.txt',
      });
      const content = await fetch(url);
      expect(content.headers.get('content-disposition')).toMatch(
        /^inline; filename="[^"]*"; filename\*=UTF-8''Sesi%C3%B3n%20%E2%84%961\.txt$/,
      );
      expect(content.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    });
  });
});

/** A connection to the service's database. */
async function openClient({ target }: Running): Promise<Client> {
  const connectionString =
    target.env['DATABASE_URL'] ??
    (JSON.parse(readFileSync(join(target.dataDir, 'database.json'), 'utf8')) as { url: string }).url;
  const client = new Client({ connectionString, application_name: `e2e-${randomUUID()}` });
  await client.connect();
  return client;
}
