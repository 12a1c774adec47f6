import { expectError, startService, toAnswer, type FileList, type FileRecord, type Running } from './e2e.js';

const NOTE = Buffer.from('A note, and nothing to be processed.\n');

interface Usage {
  readonly ownerId: string | null;
  readonly sessionId: string | null;
  readonly files: number;
  readonly sizeBytes: number;
  readonly trashedFiles: number;
  readonly trashedSizeBytes: number;
  readonly byKind: readonly { readonly kind: string; readonly files: number; readonly sizeBytes: number }[];
}

describe('listing and usage', () => {
  let running: Running;
  let first: FileRecord;
  let second: FileRecord;
  let third: FileRecord;

  beforeAll(async () => {
    running = await startService();
    first = await note('one', 'Quarterly 100%_done.txt');
    second = await note('one', 'Minutes.txt');
    third = await note('two', 'Übersicht quarterly.txt');
    await running.target.sql(
      `update stored_file set owner_id = 'user-7', document_id = 'd-1', metadata = '{"language": "EN", "formula": "a=b"}',
         created_at = '2026-03-01T10:00:00Z' where id = $1`,
      [first.id],
    );
  }, 120_000);
  afterAll(() => running.close());

  const note = async (session: string, name: string): Promise<FileRecord> => {
    const answer = await running.service.upload(`/v1/sessions/${session}/files?type=document`, { name, bytes: NOTE });
    expect(answer.status).toBe(201);
    return (await answer.json()) as FileRecord;
  };
  const found = async (query: string): Promise<string[]> => {
    const { items } = await running.service.json<FileList>(`/v1/files?${query}`);
    return items.map((item) => item.originalFilename);
  };

  it('finds files by what they belong to, are, and are called', async () => {
    const names = [third, second, first].map((file) => file.originalFilename);
    const [ofThird, ofSecond, ofFirst] = names;
    expect(await found('sessionId=one')).toEqual([ofSecond, ofFirst]);
    expect(await found('sessionId=one&order=asc')).toEqual([ofFirst, ofSecond]);
    expect(await found('ownerId=user-7')).toEqual([ofFirst]);
    expect(await found('documentId=d-1&kind=session-original')).toEqual([ofFirst]);
    expect(await found('kind=session-original&contentType=text/*')).toEqual(names);
    expect(await found('kind=session-original&contentType=audio/*')).toEqual([]);
    expect(await found(`sessionId=one&minSizeBytes=${NOTE.length}&maxSizeBytes=${NOTE.length}&condition=ok`)).toEqual([
      ofSecond,
      ofFirst,
    ]);
    expect(await found(`sessionId=one&minSizeBytes=${NOTE.length + 1}`)).toEqual([]);
    expect(await found('kind=session-original&processingStatus=queued')).toEqual([]);
    expect(await found('q=QUARTERLY')).toEqual([ofThird, ofFirst]);
    expect(await found(`q=${encodeURIComponent('0%_D')}&sessionId=one`)).toEqual([ofFirst]);
    expect(await found(`q=${encodeURIComponent('y_1')}&sessionId=one`)).toEqual([]);
    expect(await found(`q=${encodeURIComponent("'); --?")}&sessionId=one`)).toEqual([]);
    expect(await found(`q=${encodeURIComponent('ÜBERSICHT'.normalize('NFD'))}`)).toEqual([ofThird]);
    expect(await found('metadata=formula=a=b&metadata=language=EN')).toEqual([ofFirst]);
    expect(await found('metadata=formula=a&metadata=language=EN')).toEqual([]);
    expect(await found('metadata=language=EN&metadata=language=DE')).toEqual([]);
  });

  it('takes the beginning of a span of creation in and its end out', async () => {
    // The id says today: a span is found by the ids of its time, give or take an hour.
    await running.target.sql(
      `update stored_file set created_at = (select created_at from stored_file where id = $1) - interval '1 second' where id = $2`,
      [second.id, first.id],
    );
    const at = async (id: string) => (await running.service.json<{ createdAt: string }>(`/v1/files/${id}`)).createdAt;
    const [from, to] = [await at(first.id), await at(second.id)];
    expect(await found(`createdFrom=${from}&createdTo=${to}`)).toEqual([first.originalFilename]);
    expect(await found(`sessionId=one&createdFrom=${to}`)).toEqual([second.originalFilename]);
    expect(await found('createdTo=2026-03-01')).toEqual([]);
  });

  it('answers with the whole record', async () => {
    const { items } = await running.service.json<FileList>('/v1/files?sessionId=two');
    expect(items).toEqual([third]);
  });

  it('refuses what no index serves, and says what to add', async () => {
    const answer = await toAnswer(await running.service.fetch('/v1/files?contentType=text/plain'));
    const { message, details } = expectError(answer, 400, 'FILTER_NEEDS_SCOPE');
    expect(message).toContain('sessionId, documentId, ownerId, kind');
    expect(details).toEqual({
      filters: ['contentType'],
      addOneOf: ['sessionId', 'documentId', 'ownerId', 'kind'],
    });
    const short = await toAnswer(await running.service.fetch('/v1/files?q=ab'));
    expect(expectError(short, 400, 'VALIDATION_FAILED')['details']).toEqual({
      problems: ['q must have 3 to 255 characters'],
    });
    for (const query of ['metadata=x', 'q=%00%00%00', 'createdFrom=soon', 'order=up', 'cursor=AAAA']) {
      expect((await running.service.fetch(`/v1/files?${query}`)).status).toBe(400);
    }
  });

  it('says how much an owner and a session have, and follows the trash', async () => {
    const usage = (query: string) => running.service.json<Usage>(`/v1/usage?${query}`);
    const size = NOTE.length;
    expect(await usage('ownerId=user-7')).toEqual({
      ownerId: 'user-7',
      sessionId: null,
      files: 1,
      sizeBytes: size,
      trashedFiles: 0,
      trashedSizeBytes: 0,
      quotaBytes: null,
      byKind: [{ kind: 'session-original', files: 1, sizeBytes: size }],
    });
    await running.service.fetch(`/v1/files/${first.id}`, { method: 'DELETE' });
    const trashed = { files: 1, sizeBytes: size, trashedFiles: 1, trashedSizeBytes: size };
    expect(await usage('sessionId=one')).toMatchObject(trashed);
    await running.service.fetch(`/v1/files/${first.id}/restore`, { method: 'POST' });
    expect(await usage('sessionId=one')).toMatchObject({ files: 2, sizeBytes: 2 * size, trashedFiles: 0 });
    expect(await usage('sessionId=nobody')).toMatchObject({ files: 0, byKind: [] });
    const owners = await running.service.json<{ items: Usage[] }>('/v1/usage/owners');
    expect(owners.items.map(({ ownerId, files }) => [ownerId, files])).toContainEqual(['user-7', 1]);
    const sessions = await running.service.json<{ items: Usage[]; nextCursor: string | null }>(
      '/v1/usage/sessions?limit=1',
    );
    expect(sessions.items.map(({ sessionId }) => sessionId)).toEqual(['one']);
    expect(sessions.nextCursor).not.toBeNull();
    expectError(await toAnswer(await running.service.fetch('/v1/usage')), 400, 'USAGE_NEEDS_SUBJECT');
    expectError(await toAnswer(await running.service.fetch('/v1/usage/owners?cursor=!')), 400, 'INVALID_CURSOR');
  });
});
