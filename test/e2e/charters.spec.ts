import { until } from '../support/service.js';
import { office, pdf } from '../support/office-files.js';
import { bytesOf, created, leftOf, sendForm, type Page } from './document-forms.js';
import {
  expectError,
  filePart,
  postJson,
  send,
  startService,
  type Answer,
  type FileRecord,
  type FormPart,
  type Running,
} from './e2e.js';

interface Draft {
  readonly version: number;
  readonly charter: FileRecord;
  readonly citations: FileRecord | null;
  readonly citationCount: number;
  readonly createdAt: string;
  readonly createdBy: string;
}

interface Publication {
  readonly id: string;
  readonly documentId: string;
  readonly version: number;
  readonly slug: string;
  readonly publishedAt: string;
  readonly publishedBy: string;
  readonly current: boolean;
  readonly file: FileRecord | null;
}

const QUOTES = JSON.stringify([
  { id: 'c1', quoteId: 'q-1', sessionId: '42', text: 'Ask us first.', startSeconds: 1.5, endSeconds: 3, mood: 'kept' },
  { id: 'c2', source: 'Survey', url: 'https://example.org/survey.pdf', page: 4 },
]);

describe('charters', () => {
  let running: Running;
  let docx: Buffer;
  let pptx: Buffer;

  beforeAll(async () => {
    running = await startService({ MAX_FILE_SIZE_MB: '5' });
    [docx, pptx] = await Promise.all([office('docx'), office('pptx')]);
  }, 120_000);
  afterAll(() => running.close());

  const post = (path: string, parts: readonly FormPart[], headers: Record<string, string> = {}): Promise<Answer> =>
    sendForm(running.service, { path, headers }, parts);
  const get = <T>(path: string): Promise<T> => running.service.json<T>(path);
  const textOf = async (file: FileRecord): Promise<string> => (await bytesOf(running.service, file)).toString();
  const draft = async (document: string, citations?: string): Promise<Draft> =>
    created<Draft>(
      await post(`/v1/documents/${document}/charter/drafts`, [
        { name: 'charter', filename: 'charter.docx', body: docx },
        ...(citations === undefined ? [] : [{ name: 'citations', filename: 'any.json', body: citations }]),
      ]),
    );
  const publish = (document: string, query: string, bytes: Uint8Array): Promise<Answer> =>
    post(`/v1/documents/${document}/charter/publish${query}`, [filePart('charter.pdf', bytes)]);

  describe('drafts of a charter', () => {
    it('are numbered by the service, each with charter and citations', async () => {
      const first = await draft('ch1', QUOTES);
      expect(first).toMatchObject({ documentId: 'ch1', version: 1, citationCount: 2 });
      expect(first.charter).toMatchObject({
        kind: 'charter-draft',
        key: 'documents/charters/drafts/ch1/v1/charter.docx',
        documentId: 'ch1',
        status: 'stored',
      });
      expect(first.citations).toMatchObject({
        key: 'documents/charters/drafts/ch1/v1/citations.json',
        contentType: 'application/json',
        sourceFileId: first.charter.id,
      });
      expect(first.createdAt).toMatch(/^\d{4}-.*Z$/);
      expect(first.createdBy).toBe(first.charter.createdBy);
      expect(await textOf(first.citations!)).toBe(QUOTES);
      const second = await draft('ch1');
      expect(second).toMatchObject({ version: 2, citations: null, citationCount: 0 });
      expect(await get('/v1/documents/ch1/charter/drafts/1')).toEqual(first);
      expect(await get('/v1/documents/ch1/charter/drafts')).toEqual({ items: [second, first], nextCursor: null });
    });

    it('never share a number, and are listed by it', async () => {
      const sent = await Promise.all(Array.from({ length: 11 }, () => draft('many')));
      expect(sent.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 11 }, (_, n) => n + 1),
      );
      const versions: number[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: Page<Draft> = await get(`/v1/documents/many/charter/drafts?limit=4&cursor=${cursor}`);
        versions.push(...page.items.map(({ version }) => version));
        cursor = page.nextCursor;
      }
      expect(versions).toEqual(Array.from({ length: 11 }, (_, n) => 11 - n));
      const last = sent.find(({ version }) => version === 11)!;
      await running.service.fetch(`/v1/files/${last.charter.id}`, { method: 'DELETE' });
      expect((await get<Page<Draft>>('/v1/documents/many/charter/drafts?limit=1')).items[0]?.version).toBe(10);
      const trashed = await get<Draft>('/v1/documents/many/charter/drafts/11');
      expect(trashed.charter.status).toBe('trashed');
      expect((await draft('many')).version).toBe(12);
    });

    it('take citations before the charter, as a plain field, and as an object', async () => {
      const wrapped = JSON.stringify({ citations: [{ text: 'Said in the hall.' }], title: 'kept' });
      const before = created<Draft>(
        await post('/v1/documents/order/charter/drafts', [
          { name: 'citations', filename: 'c.txt', body: wrapped },
          { name: 'charter', filename: 'x.docx', body: docx },
        ]),
      );
      expect(before).toMatchObject({ version: 1, citationCount: 1 });
      expect(await textOf(before.citations!)).toBe(wrapped);
      const field = created<Draft>(
        await post('/v1/documents/order/charter/drafts', [
          { name: 'citations', body: QUOTES },
          { name: 'charter', filename: 'x.docx', body: docx },
        ]),
      );
      expect(field).toMatchObject({ version: 2, citationCount: 2 });
    });

    it('store a repeated request once', async () => {
      const repeat = () =>
        post(
          '/v1/documents/again/charter/drafts',
          [
            { name: 'charter', filename: 'x.docx', body: docx },
            { name: 'citations', filename: 'c.json', body: QUOTES },
          ],
          { 'idempotency-key': 'd-1' },
        );
      expect(created(await repeat())).toEqual(created(await repeat()));
      expect((await get<Page<Draft>>('/v1/documents/again/charter/drafts')).items).toHaveLength(1);
    });

    it.each([
      ['no JSON', 'not json', null, null],
      ['nothing', '', null, null],
      ['a number', '7', null, null],
      ['an object without list', '{"quotes": []}', null, null],
      ['a list in a list', '[[]]', 0, null],
      ['null', '[null]', 0, null],
      ['a text', '[{"text":"a"},"b"]', 1, null],
      ['a byte order mark', '\ufeff[]', null, null],
      ['nothing to rest on', '[{"id":"c1","speaker":"A"}]', 0, null],
      ['an id twice', '[{"id":"a","text":"x"},{"id":"a","text":"y"}]', 1, 'id'],
      ['a path as quote', '[{"quoteId":"../../x"}]', 0, 'quoteId'],
      ['a number as session', '[{"sessionId":42}]', 0, 'sessionId'],
      ['a null text', '[{"text":null}]', 0, 'text'],
      ['seconds as text', '[{"text":"a","startSeconds":"1"}]', 0, 'startSeconds'],
      ['an end before its beginning', '[{"text":"a","startSeconds":2,"endSeconds":1}]', 0, 'endSeconds'],
      ['a script as url', '[{"url":"javascript:alert(1)"}]', 0, 'url'],
      ['page zero', '[{"source":"a","page":0}]', 0, 'page'],
      ['a long text', JSON.stringify([{ text: 'x'.repeat(10_001) }]), 0, 'text'],
      ['too many', JSON.stringify(Array.from({ length: 5001 }, () => ({ text: 'a' }))), null, null],
    ])('are refused with citations that have %s', async (_, citations, index, field) => {
      const parts = [
        { name: 'charter', filename: 'charter.docx', body: docx },
        { name: 'citations', filename: 'citations.json', body: citations },
      ];
      const error = expectError(await post('/v1/documents/badcite/charter/drafts', parts), 400, 'INVALID_CITATIONS');
      expect(error['details']).toMatchObject({ issues: [{ index, field, message: expect.any(String) as string }] });
    });

    it('name no more than twenty faults, and keep what names a prototype as it is', async () => {
      const faults = JSON.stringify(Array.from({ length: 60 }, () => ({ quoteId: '' })));
      const parts = (citations: string) => [
        { name: 'charter', filename: 'charter.docx', body: docx },
        { name: 'citations', filename: 'citations.json', body: citations },
      ];
      const error = expectError(
        await post('/v1/documents/badcite/charter/drafts', parts(faults)),
        400,
        'INVALID_CITATIONS',
      );
      expect(error['details']).toMatchObject({ issueCount: 60 });
      expect((error['details'] as { issues: unknown[] }).issues).toHaveLength(20);
      const odd = '[{"text":"a","__proto__":{"quoteId":"../"},"constructor":1}]';
      expect(await draft('odd', odd)).toMatchObject({ citationCount: 1 });
      expectError(
        await post(
          '/v1/documents/badcite/charter/drafts',
          parts(JSON.stringify([{ text: 'x', pad: 'y'.repeat(1_100_000) }])),
        ),
        413,
        'FILE_TOO_LARGE',
      );
      await until(
        'nothing left of refused drafts',
        () => leftOf(running, 'badcite'),
        ({ rows, objects }) => rows.length + objects.length === 0,
      );
    });

    it('are refused without charter, with one in another field, and when it is no DOCX', async () => {
      for (const [parts, status, code] of [
        [[{ name: 'citations', filename: 'c.json', body: QUOTES }], 400, 'NO_FILE'],
        [[filePart('charter.docx', docx)], 400, 'UNEXPECTED_FIELD'],
        [[{ name: 'charter', filename: 'charter.pdf', body: pdf('x') }], 415, 'TYPE_NOT_ACCEPTED'],
        [[{ name: 'charter', filename: 'charter.docx', body: pptx }], 415, 'TYPE_NOT_ACCEPTED'],
      ] as const) {
        expectError(await post('/v1/documents/badcharter/charter/drafts', parts), status, code);
      }
      expect(await leftOf(running, 'badcharter')).toEqual({ rows: [], objects: [] });
    });

    it.each(['0', '-1', '1e3', '9999999999', '01', '1.0', 'x', '%20', '1%00'])(
      'have no version %s',
      async (version) => {
        const answer = await send(running.service, { path: `/v1/documents/ch1/charter/drafts/${version}` });
        expectError(answer, 400, 'VALIDATION_FAILED');
      },
    );

    it('have no version that nobody sent', async () => {
      const answer = await send(running.service, { path: '/v1/documents/ch1/charter/drafts/999999999' });
      expectError(answer, 404, 'CHARTER_VERSION_NOT_FOUND');
      for (const cursor of ['abc', 'MA', 'LTE', 'MWUz'])
        expectError(
          await send(running.service, { path: `/v1/documents/ch1/charter/drafts?cursor=${cursor}` }),
          400,
          'INVALID_CURSOR',
        );
    });
  });

  describe('publishing', () => {
    it('makes a version what readers of a slug get, once', async () => {
      const { version } = await draft('pub', QUOTES);
      const first = created<Publication>(await publish('pub', `?version=${version}&slug=pub-final`, pdf('one')));
      expect(first).toMatchObject({ documentId: 'pub', version: 1, slug: 'pub-final', current: true });
      expect(first.publishedBy).toBe(first.file?.createdBy);
      expect(first.file?.key).toMatch(/^documents\/charters\/published\/\.revisions\/[0-9a-f-]{36}\/pub-final\.pdf$/);
      expect(first.file).toMatchObject({ kind: 'published-charter', documentId: 'pub', metadata: { version: '1' } });

      const again = await publish('pub', `?version=1&slug=pub-final`, pdf('one'));
      expect([again.status, JSON.parse(again.text)]).toEqual([200, first]);
      const revisions = await running.target.sql(
        "select id, status from stored_file where place_key like '%/pub-final.pdf'",
      );
      expect(revisions).toEqual([{ id: first.file?.id, status: 'stored' }]);
      const second = created<Publication>(await publish('pub', `?version=1&slug=pub-final`, pdf('two')));
      await draft('pub', QUOTES);
      const third = created<Publication>(await publish('pub', `?version=2&slug=pub-final`, pdf('two')));
      const back = created<Publication>(await publish('pub', `?version=1&slug=pub-final`, pdf('one')));

      const { items } = await get<Page<Publication>>('/v1/documents/pub/charter/publications');
      expect(items.map(({ id }) => id)).toEqual([back.id, third.id, second.id, first.id]);
      expect(items.map(({ current }) => current)).toEqual([true, false, false, false]);
      expect(items.map(({ file }) => file?.status)).toEqual(['stored', 'trashed', 'trashed', 'trashed']);
      const current = await get<Page<Publication>>('/v1/documents/pub/charter/publications?current=1');
      expect(current.items).toEqual([back]);
      expect((await get<Page<Publication>>('/v1/documents/pub/charter/publications?current=0')).items).toHaveLength(3);
      const rows = await running.target.sql(
        "select details from audit_event where action = 'charter.published' and subject_id = 'pub'",
      );
      expect(rows).toHaveLength(4);
    });

    it('takes version and slug from fields before the file', async () => {
      await draft('pubf', QUOTES);
      const parts = [
        { name: 'version', body: '1' },
        { name: 'slug', body: 'from-fields' },
        filePart('a.pdf', pdf('f')),
      ];
      const published = created<Publication>(await post('/v1/documents/pubf/charter/publish', parts));
      expect(published).toMatchObject({ version: 1, slug: 'from-fields' });
    });

    it('keeps a true history when many publish at once', async () => {
      await draft('race', QUOTES);
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, n) => publish('race', '?version=1&slug=race', pdf(`race ${n % 2}`))),
      );
      expect(answers.filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
      const { items } = await get<Page<Publication>>('/v1/documents/race/charter/publications');
      expect(items).toHaveLength(answers.filter(({ status }) => status === 201).length);
      expect(items.map(({ current }) => current)).toEqual(items.map((_, n) => n === 0));
      // Each followed one of other bytes: equal ones in a row were one publication.
      const bytes = items.map(({ file }) => file?.checksum.value);
      expect(bytes.every((value, n) => n === 0 || value !== bytes[n - 1])).toBe(true);
    });

    it('publishes anew what was deleted, and follows a restored revision', async () => {
      await draft('undo', QUOTES);
      const first = created<Publication>(await publish('undo', '?version=1&slug=undo', pdf('1')));
      const second = created<Publication>(await publish('undo', '?version=1&slug=undo', pdf('2')));
      await postJson(running.service, `/v1/files/${first.file?.id ?? ''}/restore`, {}, 200);
      expect((await publish('undo', '?version=1&slug=undo', pdf('1'))).status).toBe(200);
      const current = await get<Page<Publication>>('/v1/documents/undo/charter/publications?current=1');
      expect(current.items.map(({ id }) => id)).toEqual([first.id]);
      await running.service.fetch(`/v1/files/${first.file?.id ?? ''}`, { method: 'DELETE' });
      expect(created<Publication>(await publish('undo', '?version=1&slug=undo', pdf('1'))).id > second.id).toBe(true);
    });

    it('is refused without citations, of no version, of a trashed one, and under the slug of another document', async () => {
      await draft('no1');
      await draft('no1', '[]');
      const deleted = await draft('no1', QUOTES);
      await draft('no1', QUOTES);
      await draft('no2', QUOTES);
      await running.service.fetch(`/v1/files/${deleted.citations?.id ?? ''}`, { method: 'DELETE' });
      expectError(await publish('no1', '?version=1&slug=no1', pdf('x')), 422, 'CHARTER_WITHOUT_CITATIONS');
      expectError(await publish('no1', '?version=2&slug=no1', pdf('x')), 422, 'CHARTER_WITHOUT_CITATIONS');
      expectError(await publish('no1', '?version=3&slug=no1', pdf('x')), 409, 'FILE_TRASHED');
      expectError(await publish('no1', '?version=5&slug=no1', pdf('x')), 404, 'CHARTER_VERSION_NOT_FOUND');
      expectError(await publish('nobody', '?version=1&slug=no1', pdf('x')), 404, 'CHARTER_VERSION_NOT_FOUND');
      const kept = created<Publication>(await publish('no2', '?version=1&slug=no2', pdf('x')));
      expectError(await publish('no1', '?version=4&slug=no2', pdf('y')), 409, 'SLUG_TAKEN');
      expect((await get<FileRecord>(`/v1/files/${kept.file?.id ?? ''}`)).status).toBe('stored');
      expectError(
        await post('/v1/documents/no1/charter/publish?version=4&slug=no1', [filePart('a.docx', docx)]),
        415,
        'TYPE_NOT_ACCEPTED',
      );
      const { items } = await get<Page<Publication>>('/v1/documents/no1/charter/publications');
      expect(items).toEqual([]);
    });

    it.each([
      ['', 'nothing'],
      ['?version=1', 'no slug'],
      ['?slug=a', 'no version'],
      ['?version=0&slug=a', 'version 0'],
      ['?version=-1&slug=a', 'a negative version'],
      ['?version=1e3&slug=a', 'an exponent'],
      ['?version=9999999999&slug=a', 'a version past all'],
      ['?version=1&version=2&slug=a', 'two versions'],
      ['?version=1&slug=..%2fa', 'a path'],
      ['?version=1&slug=a.pdf', 'a dot'],
      ['?version=1&slug=%C3%BC', 'an umlaut'],
      ['?version=1&slug=', 'an empty slug'],
      [`?version=1&slug=${'a'.repeat(65)}`, 'a long slug'],
      ['?version=1&slug=a&force=1', 'an unknown parameter'],
    ])('is refused with %s: %s', async (query) => {
      expectError(await publish('ch1', query, pdf('x')), 400, 'VALIDATION_FAILED');
    });
  });
});
