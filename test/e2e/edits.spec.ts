import {
  expectError,
  fixture,
  makeKey,
  postJson,
  processed,
  send,
  startService,
  toAnswer,
  UNKNOWN_ID,
  uploaded,
  type Answer,
  type FileLink,
  type FileList,
  type FileRecord,
  type Running,
} from './e2e.js';

interface Edited extends FileRecord {
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}
interface Deletions {
  readonly items: readonly { readonly fileId: string; readonly outcome: string; readonly code?: string }[];
}

const JSON_TYPE = { 'content-type': 'application/json' };

let running: Running;
beforeAll(async () => {
  running = await startService();
}, 120_000);
afterAll(() => running.close());

const note = async (session: string, name = 'note.txt'): Promise<FileRecord> => {
  const answer = await running.service.upload(`/v1/sessions/${session}/files?type=document`, {
    name,
    bytes: Buffer.from('A note.'),
  });
  expect(answer.status).toBe(201);
  return (await answer.json()) as FileRecord;
};
const audited = async (action: string, id: string): Promise<readonly unknown[]> =>
  (
    await running.target.sql<{ details: unknown }>(
      'select details from audit_event where action = $1 and subject_id = $2 order by id',
      [action, id],
    )
  ).map((row) => row.details);

describe('a file that is changed', () => {
  let file: FileRecord;
  beforeEach(async () => {
    file = await note('edits', 'before.txt');
  });

  const patch = (body: unknown, headers: Record<string, string> = {}, id = file.id): Promise<Response> =>
    running.service.fetch(`/v1/files/${id}`, {
      method: 'PATCH',
      headers: { ...JSON_TYPE, 'if-match': '*', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const edited = async (body: unknown, headers: Record<string, string> = {}): Promise<Edited> => {
    const answer = await patch(body, headers);
    if (answer.status !== 200) throw new Error(await answer.text());
    return (await answer.json()) as Edited;
  };
  const read = (headers: Record<string, string> = {}): Promise<Response> =>
    running.service.fetch(`/v1/files/${file.id}`, { headers });
  const etagOf = async (): Promise<string> => {
    const answer = await read();
    await answer.text();
    return answer.headers.get('etag') ?? '';
  };

  it('is merged with the change: what is left out stays, null removes', async () => {
    const first = await edited({ tags: { a: '1', b: '2' }, metadata: { room: 'four', note: '' } });
    expect(first).toMatchObject({ tags: { a: '1', b: '2' }, metadata: { room: 'four', note: '' } });
    const type = { 'content-type': 'application/merge-patch+json; charset=utf-8' };
    expect(await edited({ tags: { a: null, c: '3', never: null } }, type)).toEqual({
      ...first,
      tags: { b: '2', c: '3' },
    });
    expect(await edited({ tags: null, metadata: null })).toEqual({ ...first, tags: {}, metadata: {} });
    expect(await audited('file.edited', file.id)).toEqual([
      { fields: ['tags', 'metadata'] },
      { fields: ['tags'] },
      { fields: ['tags', 'metadata'] },
    ]);
  });

  it('has a strong ETag that every change changes, and nothing else', async () => {
    const first = await etagOf();
    expect(first).toMatch(/^"[\w-]{43}"$/);
    expect((await read({ 'if-none-match': first })).status).toBe(304);
    const answer = await patch({ tags: { a: '1' } }, { 'if-match': first });
    const second = answer.headers.get('etag') ?? '';
    await answer.text();
    expect(second).not.toBe(first);
    expect(await etagOf()).toBe(second);
    expect((await read({ 'if-none-match': first })).status).toBe(200);
    const same = await patch({ tags: { a: '1' } }, { 'if-match': second });
    expect(same.headers.get('etag')).toBe(second);
    expect((await patch({})).headers.get('etag')).toBe(second);
    expect(await audited('file.edited', file.id)).toHaveLength(1);
  });

  it('is changed under a condition only, and only while that holds', async () => {
    const etag = await etagOf();
    const bare = await running.service.fetch(`/v1/files/${file.id}`, {
      method: 'PATCH',
      headers: JSON_TYPE,
      body: '{"tags":{"a":"1"}}',
    });
    expectError(await toAnswer(bare), 428, 'PRECONDITION_REQUIRED');
    for (const ifMatch of ['"other"', `W/${etag}`, etag.replaceAll('"', '')]) {
      expectError(
        await toAnswer(await patch({ tags: { a: '1' } }, { 'if-match': ifMatch })),
        412,
        'PRECONDITION_FAILED',
      );
    }
    expect(await etagOf()).toBe(etag);
    expect((await patch({ tags: { a: '1' } }, { 'if-match': `"other", ${etag}` })).status).toBe(200);
  });

  it('takes one of many changes that are made for the same state at once', async () => {
    const etag = await etagOf();
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async (_, number) => {
        const answer = await patch({ metadata: { by: String(number) } }, { 'if-match': etag });
        await answer.text();
        return answer.status;
      }),
    );
    expect(statuses.toSorted()).toEqual([200, ...Array<number>(7).fill(412)]);
  });

  it('is downloaded under its new name, cleaned as an uploaded one is; its key stays', async () => {
    const renamed = await edited({ originalFilename: 'C:\\temp\\Proto\u202ekoll ✓.TXT' });
    expect(renamed.originalFilename).toBe('Protokoll ✓.TXT');
    expect(renamed.key).toBe(file.key);
    const link = await postJson<FileLink>(running.service, `/v1/files/${file.id}/links`, {});
    const download = await fetch(link.url);
    expect(download.headers.get('content-disposition')).toContain("filename*=UTF-8''Protokoll%20%E2%9C%93.TXT");
    await download.text();
    expect(await audited('file.edited', file.id)).toEqual([{ fields: ['originalFilename'] }]);
  });

  it.each([
    ['another extension', { originalFilename: 'after.html' }, 'EXTENSION_CHANGED'],
    ['no extension', { originalFilename: 'after' }, 'EXTENSION_CHANGED'],
    ['a name of nothing', { originalFilename: '../..' }, 'INVALID_FILENAME'],
    ['an empty name', { originalFilename: '' }, 'VALIDATION_FAILED'],
    ['no name at all', { originalFilename: null }, 'VALIDATION_FAILED'],
    ['a name that is no text', { originalFilename: ['a.txt'] }, 'VALIDATION_FAILED'],
    ['a name of 256 letters', { originalFilename: `${'x'.repeat(252)}.txt` }, 'VALIDATION_FAILED'],
    ['a field that is not for clients', { status: 'trashed' }, 'VALIDATION_FAILED'],
    ['its own type', { contentType: 'text/html' }, 'VALIDATION_FAILED'],
    ['tags that are a list', { tags: ['a'] }, 'VALIDATION_FAILED'],
    ['tags that are a text', { tags: 'a' }, 'VALIDATION_FAILED'],
    ['a number for a value', { tags: { a: 1 } }, 'VALIDATION_FAILED'],
    ['an object for a value', { metadata: { a: {} } }, 'VALIDATION_FAILED'],
    ['a value of 257 characters', { metadata: { a: '✓'.repeat(257) } }, 'VALIDATION_FAILED'],
    ['a line break in a value', { metadata: { a: 'a\nb' } }, 'VALIDATION_FAILED'],
    ['NUL in a value', { metadata: { a: 'a\0' } }, 'VALIDATION_FAILED'],
    ['an empty key', { tags: { '': 'a' } }, 'VALIDATION_FAILED'],
    ['a key with a space', { tags: { 'a b': 'a' } }, 'VALIDATION_FAILED'],
    ['a key of 65 letters', { tags: { ['k'.repeat(65)]: 'a' } }, 'VALIDATION_FAILED'],
    ['a key that every object has', { tags: { constructor: 'a' } }, 'VALIDATION_FAILED'],
    ['another', { metadata: { toString: null } }, 'VALIDATION_FAILED'],
    [
      'eleven tags',
      { tags: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`k${n}`, 'v'])) },
      'TOO_MANY_ENTRIES',
    ],
    [
      '51 metadata',
      { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, 'v'])) },
      'TOO_MANY_ENTRIES',
    ],
    ['a list', [], 'VALIDATION_FAILED'],
  ])('is not given %s', async (_name, body, code) => {
    const etag = await etagOf();
    expectError(await toAnswer(await patch(body)), 400, code);
    expect(await etagOf()).toBe(etag);
  });

  it.each([
    ['a lone surrogate', '{"metadata":{"a":"\\ud800"}}', 'VALIDATION_FAILED'],
    ['__proto__ in a map', '{"tags":{"__proto__":"x"}}', 'VALIDATION_FAILED'],
    ['__proto__ with more in it', '{"metadata":{"__proto__":{"a":"b"}}}', 'VALIDATION_FAILED'],
    ['__proto__', '{"__proto__":{"tags":{"a":"b"}}}', 'VALIDATION_FAILED'],
    ['constructor', '{"constructor":{"prototype":{"a":"b"}}}', 'VALIDATION_FAILED'],
    ['what is nested without end', `{"tags":${'['.repeat(40_000)}${']'.repeat(40_000)}}`, 'JSON_TOO_COMPLEX'],
    ['objects without end', `{"tags":${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}}`, 'JSON_TOO_COMPLEX'],
    ['prototype', '{"prototype":1}', 'VALIDATION_FAILED'],
    ['half of JSON', '{"tags":', 'MALFORMED_JSON'],
    ['a number', '5', 'MALFORMED_JSON'],
    ['null', 'null', 'MALFORMED_JSON'],
  ])('is not given %s', async (_name, body, code) => {
    expectError(await toAnswer(await patch(body)), 400, code);
    expect((await read()).status).toBe(200);
  });

  it('takes as much as there is room for, and all of Unicode', async () => {
    const tags = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`k.${n}_-`, '🎙'.repeat(256)]));
    expect((await edited({ tags })).tags).toEqual(tags);
    expectError(await toAnswer(await patch({ tags: { more: 'x' } })), 400, 'TOO_MANY_ENTRIES');
    expect((await edited({ tags: { more: 'x', 'k.0_-': null } })).tags).toMatchObject({ more: 'x' });
  });

  it('is changed by JSON alone, by those who may write, and not in the trash', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expectError(await toAnswer(await patch('tags=1', form)), 415, 'UNSUPPORTED_BODY');
    const { key } = await makeKey(running.target, ['files:read', 'files:delete']);
    expectError(await toAnswer(await patch({}, { authorization: `Bearer ${key}` })), 403, 'SCOPE_MISSING');
    expectError(await toAnswer(await patch({}, {}, UNKNOWN_ID)), 404, 'FILE_NOT_FOUND');
    await running.service.fetch(`/v1/files/${file.id}`, { method: 'DELETE' });
    expectError(await toAnswer(await patch({ tags: { a: '1' } })), 409, 'FILE_TRASHED');
  });
});

describe('the trash', () => {
  const purge = async (id: string): Promise<Answer> =>
    toAnswer(await running.service.fetch(`/v1/files/${id}/purge`, { method: 'POST' }));
  const trash = async (id: string): Promise<void> => {
    expect((await running.service.fetch(`/v1/files/${id}`, { method: 'DELETE' })).status).toBe(204);
  };
  const batch = (ids: readonly string[]): Promise<Deletions> =>
    postJson<Deletions>(running.service, '/v1/files/batch-delete', { fileIds: ids }, 200);

  it('loses one file for good, object and record, with its results', async () => {
    const recording = await uploaded(running.service, 'purge', { name: 'a.wav', bytes: fixture('mono-16k.wav') });
    const { results } = await processed(running.service, recording.id);
    expect(results.length).toBeGreaterThan(1);
    const keys: string[] = [];
    for (const id of [recording.id, ...results])
      keys.push((await running.service.json<FileRecord>(`/v1/files/${id}`)).key);
    expectError(await purge(recording.id), 409, 'FILE_NOT_TRASHED');
    await trash(recording.id);
    const listed = await running.service.json<FileList>('/v1/files?status=trashed&limit=200');
    expect(listed.items.map((item) => item.id)).toEqual(expect.arrayContaining([recording.id, ...results]));
    expect((await purge(recording.id)).status).toBe(202);
    for (const id of [recording.id, ...results]) {
      expect((await running.service.fetch(`/v1/files/${id}`)).status).toBe(404);
      expect(await audited('file.purge-asked', id)).toHaveLength(1);
      expect(await audited('file.purged', id)).toHaveLength(1);
    }
    for (const key of keys) expect(await running.store.head(key)).toBeUndefined();
    expectError(await purge(recording.id), 404, 'FILE_NOT_FOUND');
  }, 180_000);

  it('loses or gives back one file, never both', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id } = await note('purge-race');
      await trash(id);
      const [purged, restored] = await Promise.all([
        purge(id),
        running.service.fetch(`/v1/files/${id}/restore`, { method: 'POST' }),
      ]);
      const after = await running.service.fetch(`/v1/files/${id}`);
      expect([purged.status === 202, restored.status === 200]).toEqual([after.status === 404, after.status === 200]);
    }
  });

  it('is for those who may delete', async () => {
    const { id } = await note('purge-scope');
    const { key } = await makeKey(running.target, ['files:write', 'files:read']);
    const headers = { authorization: `Bearer ${key}`, ...JSON_TYPE };
    expectError(
      await send(running.service, { method: 'POST', path: `/v1/files/${id}/purge`, headers }),
      403,
      'SCOPE_MISSING',
    );
    const body = Buffer.from(JSON.stringify({ fileIds: [id] }));
    expectError(await send(running.service, { path: '/v1/files/batch-delete', headers, body }), 403, 'SCOPE_MISSING');
  });

  it('takes many files at once, and says of each what became of it', async () => {
    const [one, two, gone, pending] = [
      await note('batch'),
      await note('batch'),
      await note('batch'),
      await note('batch'),
    ];
    await trash(gone.id);
    await running.target.sql(
      "update stored_file set status = 'pending', lease_until = now() + interval '1 hour' where id = $1",
      [pending.id],
    );
    expect(await batch([one.id, UNKNOWN_ID, pending.id, gone.id, two.id])).toEqual({
      items: [
        { fileId: one.id, outcome: 'trashed' },
        { fileId: UNKNOWN_ID, outcome: 'not-found', code: 'FILE_NOT_FOUND' },
        { fileId: pending.id, outcome: 'refused', code: 'FILE_NOT_STORED' },
        { fileId: gone.id, outcome: 'trashed' },
        { fileId: two.id, outcome: 'trashed' },
      ],
    });
    expect((await running.service.json<FileList>('/v1/sessions/batch/files')).items).toEqual([]);
    expect(await audited('file.trashed', one.id)).toHaveLength(1);
    expect(await audited('file.trashed', gone.id)).toHaveLength(1);
  });

  it('takes the same files from many hands at once', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 12; count += 1) ids.push((await note('batch-race')).id);
    const answers = await Promise.all([batch(ids), batch(ids.toReversed()), batch(ids.slice(3, 9))]);
    for (const { items } of answers) expect(items.every(({ outcome }) => outcome === 'trashed')).toBe(true);
    for (const id of ids) expect(await audited('file.trashed', id)).toHaveLength(1);
  });

  it.each([
    ['nothing', {}],
    ['no ids', { fileIds: [] }],
    [
      '101 ids',
      { fileIds: Array.from({ length: 101 }, (_, n) => `019a9b1c-7a52-7c31-9d3e-${String(n).padStart(12, '0')}`) },
    ],
    ['one id twice', { fileIds: [UNKNOWN_ID, UNKNOWN_ID.toUpperCase()] }],
    ['what is no id', { fileIds: [UNKNOWN_ID, 'x'] }],
    ['what is no list', { fileIds: UNKNOWN_ID }],
    ['no text', { fileIds: [5] }],
    ['more than it knows', { fileIds: [UNKNOWN_ID], force: true }],
  ])('does not take %s', async (_name, body) => {
    const answer = await running.service.fetch('/v1/files/batch-delete', {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify(body),
    });
    expectError(await toAnswer(answer), 400, 'VALIDATION_FAILED');
  });
});
