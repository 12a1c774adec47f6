import type { Service } from '../support/service.js';
import { until } from '../support/service.js';
import { bigEntry, office, officeParts, pdf, zip } from '../support/office-files.js';
import {
  downloadName,
  expectError,
  filePart,
  formBody,
  postJson,
  send,
  startService,
  toAnswer,
  type Answer,
  type FileLink,
  type FileList,
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

interface Template extends FileRecord {
  readonly family: string;
  readonly name: string;
  readonly revisions: readonly FileRecord[];
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

const QUOTES = JSON.stringify([
  { id: 'c1', quoteId: 'q-1', sessionId: '42', text: 'Ask us first.', startSeconds: 1.5, endSeconds: 3, mood: 'kept' },
  { id: 'c2', source: 'Survey', url: 'https://example.org/survey.pdf', page: 4 },
]);
const TODAY = /\/\d{4}\/\d{2}\/\d{2}\//;

describe('documents', () => {
  let running: Running;
  let docx: Buffer;
  let pptx: Buffer;

  beforeAll(async () => {
    running = await startService({ MAX_FILE_SIZE_MB: '5' });
    [docx, pptx] = await Promise.all([office('docx'), office('pptx')]);
  }, 120_000);
  afterAll(() => running.close());

  const post = (path: string, parts: readonly FormPart[], headers: Record<string, string> = {}): Promise<Answer> =>
    send(running.service, { method: 'POST', path, body: formBody(parts), headers });
  const put = (path: string, parts: readonly FormPart[]): Promise<Answer> =>
    send(running.service, { method: 'PUT', path, body: formBody(parts) });
  const get = <T>(path: string): Promise<T> => running.service.json<T>(path);
  const exported = async (path: string, name: string, bytes: Uint8Array): Promise<FileRecord> =>
    created<FileRecord>(await post(path, [filePart(name, bytes)]));
  const draft = async (document: string, citations?: string): Promise<Draft> =>
    created<Draft>(
      await post(`/v1/documents/${document}/charter/drafts`, [
        { name: 'charter', filename: 'charter.docx', body: docx },
        ...(citations === undefined ? [] : [{ name: 'citations', filename: 'any.json', body: citations }]),
      ]),
    );
  const publish = (document: string, query: string, bytes: Uint8Array): Promise<Answer> =>
    post(`/v1/documents/${document}/charter/publish${query}`, [filePart('charter.pdf', bytes)]);
  const leftOf = async (document: string) => ({
    rows: await running.target.sql('select status from stored_file where document_id = $1', [document]),
    objects: (await running.store.list({ prefix: 'documents/' })).objects.filter(({ key }) => key.includes(document)),
  });

  describe('exports', () => {
    it('lie in the folder of their family, by day, with language and type, and are listed', async () => {
      const english = await exported(
        '/v1/documents/sum/exports?family=executive-summary&language=en',
        'a.pdf',
        pdf('en'),
      );
      expect(english).toMatchObject({ kind: 'executive-summary', documentId: 'sum', metadata: { language: 'EN' } });
      expect(english.key).toMatch(/^documents\/exports\/executive-summaries\/\d{4}\/\d{2}\/\d{2}\/sum_EN\.pdf$/);
      const spanish = await exported(
        '/v1/documents/sum/exports?family=executive-summaries&language=ES',
        'a.DOCX',
        docx,
      );
      expect(spanish.key).toMatch(/executive-summaries.*\/sum_ES\.docx$/);
      expect(spanish.key).toMatch(TODAY);
      const deck = await exported('/v1/documents/sum/exports?family=slide-deck&language=EN', 'deck.pptx', pptx);
      expect(deck.key).toMatch(/slide-decks.*\/sum_slides\.pptx$/);
      const pager = await exported('/v1/documents/sum/exports?family=one-pagers', 'one.pdf', pdf('one'));
      expect(pager.key).toMatch(/one-pagers.*\/sum_onepager\.pdf$/);
      const again = await exported('/v1/documents/sum/exports?family=executive-summary&language=EN', 'b.pdf', pdf('2'));
      expect(again.key).toBe(english.key.replace('.pdf', '-2.pdf'));
      await exported('/v1/documents/sum-other/exports?family=one-pager', 'one.pdf', pdf('other'));

      const list = async (query: string): Promise<string[]> =>
        (await get<FileList>(`/v1/documents/sum/exports${query}`)).items.map(({ id }) => id);
      expect(await list('')).toEqual([again.id, pager.id, deck.id, spanish.id, english.id]);
      expect(await list('?family=executive-summary')).toEqual([again.id, spanish.id, english.id]);
      expect(await list('?family=executive-summaries&language=en')).toEqual([again.id, english.id]);
      expect(await list('?language=EN')).toEqual([again.id, deck.id, english.id]);
      expect(await list('?family=one-pager&language=FR')).toEqual([]);
      const first = await get<FileList>('/v1/documents/sum/exports?limit=3');
      const second = await get<FileList>(`/v1/documents/sum/exports?limit=3&cursor=${first.nextCursor ?? ''}`);
      expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(await list(''));
      expect(second.nextCursor).toBeNull();
    });

    it('take family and language from fields before the file, and give a link when asked', async () => {
      const body = [{ name: 'family', body: 'slide-deck' }, { name: 'language', body: 'fr' }, filePart('d.pptx', pptx)];
      const file = created<FileRecord>(await post('/v1/documents/fields/exports?link=1', body));
      expect(file).toMatchObject({ kind: 'slide-deck', metadata: { language: 'FR' }, originalFilename: 'd.pptx' });
      const download = await fetch(file.link?.url ?? '');
      expect(Buffer.from(await download.arrayBuffer())).toEqual(pptx);
      expect(downloadName(download.headers.get('content-disposition'))).toBe('d.pptx');
      expect(download.headers.get('content-type')).toContain('presentationml.presentation');
      const after = [filePart('d.pptx', pptx), { name: 'family', body: 'slide-deck' }];
      expectError(await post('/v1/documents/fields/exports', after), 400, 'VALIDATION_FAILED');
    });

    it('store a repeated request once', async () => {
      const repeat = () =>
        post('/v1/documents/once/exports?family=one-pager', [filePart('a.pdf', pdf('once'))], {
          'idempotency-key': 'e-1',
        });
      expect(created(await repeat())).toEqual(created(await repeat()));
      expect((await get<FileList>('/v1/documents/once/exports')).items).toHaveLength(1);
    });

    it.each([
      ['no family', '', 400, 'VALIDATION_FAILED'],
      ['an unknown family', '?family=poster', 400, 'VALIDATION_FAILED'],
      ['a family that every object has', '?family=constructor', 400, 'VALIDATION_FAILED'],
      ['two families', '?family=one-pager&family=slide-deck', 400, 'VALIDATION_FAILED'],
      ['no language', '?family=executive-summary', 400, 'VALIDATION_FAILED'],
      ['an empty language', '?family=executive-summary&language=', 400, 'VALIDATION_FAILED'],
      ['a long language', '?family=executive-summary&language=en-US', 400, 'VALIDATION_FAILED'],
      ['a path as language', '?family=executive-summary&language=..%2f', 400, 'VALIDATION_FAILED'],
      ['another script', '?family=executive-summary&language=%C4%B1n', 400, 'VALIDATION_FAILED'],
      ['an unknown parameter', '?family=one-pager&ext=exe', 400, 'VALIDATION_FAILED'],
    ] as const)('are refused with %s', async (_, query, status, code) => {
      expectError(await post(`/v1/documents/refused/exports${query}`, [filePart('a.pdf', pdf('x'))]), status, code);
      expect(await leftOf('refused')).toEqual({ rows: [], objects: [] });
    });

    it.each([['..%2f..'], ['a%20b'], ['a%2fb'], ['%00'], ['_a'], ['a'.repeat(65)], ['caf%C3%A9'], ["a'or'1"]])(
      'are refused under the id %s',
      async (id) => {
        const answer = await post(`/v1/documents/${id}/exports?family=one-pager`, [filePart('a.pdf', pdf('x'))]);
        expectError(answer, 400, 'VALIDATION_FAILED');
        expect((await send(running.service, { path: `/v1/documents/${id}/exports` })).status).toBe(400);
      },
    );

    it('are listed by nothing but what is asked for properly', async () => {
      for (const query of ['?family=poster', '?language=english', '?cursor=abc', '?limit=0', '?limit=201', '?sort=1']) {
        expect([query, (await send(running.service, { path: `/v1/documents/x/exports${query}` })).status]).toEqual([
          query,
          400,
        ]);
      }
      expect(await get('/v1/documents/nobody/exports')).toEqual({ items: [], nextCursor: null });
    });
  });

  describe('office files', () => {
    it('are told from their bytes, whatever they are called', async () => {
      const { types, rest } = officeParts('docx');
      const cases: readonly (readonly [string, string, Buffer])[] = [
        ['a ZIP called .docx', 'a.docx', await zip([{ name: 'a.txt', content: 'hello' }])],
        ['a ZIP with the folders of one', 'a.docx', await zip(rest)],
        ['a DOCX called .pptx', 'a.pptx', docx],
        ['a PPTX called .docx', 'a.docx', pptx],
        ['an XLSX called .docx', 'a.docx', await office('xlsx')],
        ['a DOCX with macros', 'a.docx', await office('docm')],
        ['one whose types come last', 'a.docx', await zip([...officeParts('docm').rest, officeParts('docm').types])],
        [
          'an OpenDocument text',
          'a.docx',
          await zip([
            { name: 'mimetype', content: 'application/vnd.oasis.opendocument.text', stored: true },
            { name: 'content.xml', content: '<office/>' },
          ]),
        ],
        ['an encrypted one', 'a.docx', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(4000)])],
        ['a PDF called .docx', 'a.docx', pdf('x')],
        ['a page called .pdf', 'a.pdf', Buffer.from('<!DOCTYPE html><script>alert(1)</script>')],
        ['half a ZIP', 'a.docx', docx.subarray(0, 60)],
      ];
      for (const [what, name, bytes] of cases) {
        const answer = await post('/v1/documents/told/exports?family=one-pager', [filePart(name, bytes)]);
        expect([what, answer.status]).toEqual([what, 415]);
        expectError(answer, 415, 'TYPE_NOT_ACCEPTED');
      }
      expect(await leftOf('told')).toEqual({ rows: [], objects: [] });
      for (const layout of [
        [...rest, types],
        [types, ...rest].map((entry) => ({ ...entry, stored: true as const })),
        [types, ...rest].map((entry) => ({ ...entry, streamed: true as const })),
      ]) {
        const file = await exported('/v1/documents/told/exports?family=one-pager', 'a.docx', await zip(layout));
        expect(file.contentType).toContain('wordprocessingml.document');
      }
    });

    it('that begin with something large are told by their directory', async () => {
      const name = '/v1/documents/large/exports?family=slide-deck';
      for (const format of ['docx', 'pptx'] as const) {
        const { types, rest } = officeParts(format);
        for (const layout of [
          [bigEntry('docProps/thumbnail.jpeg'), ...rest, types],
          [...rest, bigEntry('docProps/thumbnail.jpeg'), types].map((entry) => ({ ...entry, streamed: true as const })),
        ]) {
          const file = await exported(name, `a.${format}`, await zip(layout));
          expect(file.contentType).toContain(format === 'docx' ? 'wordprocessingml' : 'presentationml');
        }
      }
      const before = await leftOf('large');
      for (const bytes of [
        await zip([bigEntry('docProps/thumbnail.jpeg'), ...officeParts('docm').rest, officeParts('docm').types]),
        await zip([...officeParts('docm').rest, bigEntry('word/media/a.jpeg'), officeParts('docm').types]),
        await zip([bigEntry('word/media/a.jpeg')]),
        await zip([bigEntry('a.bin'), ...officeParts('pptx').rest, officeParts('pptx').types]),
        (await zip([...officeParts('docx').rest, bigEntry('word/media/a.jpeg'), officeParts('docx').types])).subarray(
          0,
          -200,
        ),
      ]) {
        expectError(await post(name, [filePart('a.docx', bytes)]), 415, 'TYPE_NOT_ACCEPTED');
      }
      expect(await leftOf('large')).toEqual(before);
    });
  });

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
      expect(await content(running.service, first.citations!)).toBe(QUOTES);
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
      expect(await content(running.service, before.citations!)).toBe(wrapped);
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
        () => leftOf('badcite'),
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
      expect(await leftOf('badcharter')).toEqual({ rows: [], objects: [] });
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
      const settled = await until(
        'the copy at the published name',
        () => running.store.head('documents/charters/published/pub-final.pdf'),
        (found) => found?.sizeBytes === pdf('one').length,
        90,
      );
      expect(settled).toBeDefined();
    }, 120_000);

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

  describe('templates', () => {
    it('are stored, replaced, listed with their revisions, and brought back', async () => {
      const path = '/v1/templates/export-templates/executive-summary';
      const first = created<Template>(await put(path, [filePart('draft of it.docx', docx)]));
      expect(first).toMatchObject({
        family: 'export-templates',
        name: 'executive-summary.docx',
        kind: 'export-template',
      });
      const other = await zip([...officeParts('docx').rest, officeParts('docx').types]);
      const replaced = await put(`${path}.docx`, [filePart('second.docx', other)]);
      expect(replaced.status).toBe(200);
      const second = JSON.parse(replaced.text) as Template;
      const read = await get<Template>(path);
      expect(read).toMatchObject({ id: second.id, name: 'executive-summary.docx' });
      expect(read.revisions.map(({ id, status }) => [id, status])).toEqual([
        [second.id, 'stored'],
        [first.id, 'trashed'],
      ]);
      expect(await bytesOf(running.service, read)).toEqual(other);

      await postJson(running.service, `/v1/files/${first.id}/restore`, {}, 200);
      const back = await get<Template>('/v1/templates/export-template/executive-summary.docx');
      expect(back.id).toBe(first.id);
      expect(back.revisions.map(({ id, status }) => [id, status])).toEqual([
        [second.id, 'trashed'],
        [first.id, 'stored'],
      ]);
      expect(await bytesOf(running.service, back)).toEqual(docx);

      const deck = created<Template>(
        await put('/v1/templates/export-templates/slide-deck', [filePart('a.pptx', pptx)]),
      );
      created(await put('/v1/templates/charter-templates/charter-base', [filePart('b.docx', docx)]));
      const { items } = await get<Page<Template>>('/v1/templates/export-templates');
      expect(items.map(({ id, name }) => [id, name])).toEqual([
        [deck.id, 'slide-deck.pptx'],
        [first.id, 'executive-summary.docx'],
      ]);
      const page = await get<Page<Template>>('/v1/templates/export-templates?limit=1');
      expect(
        (await get<Page<Template>>(`/v1/templates/export-templates?cursor=${page.nextCursor ?? ''}`)).items,
      ).toEqual([items[1]]);
    });

    it('of one name and two types are two, and the name alone means the later one', async () => {
      const path = '/v1/templates/export-templates/two';
      created(await put(path, [filePart('a.docx', docx)]));
      created(await put(path, [filePart('a.pptx', pptx)]));
      expect((await get<Template>(path)).name).toBe('two.pptx');
      expect((await get<Template>(`${path}.docx`)).name).toBe('two.docx');
      await put(path, [filePart('a.docx', docx)]);
      expect((await get<Template>(path)).name).toBe('two.docx');
    });

    it('answer one 201 when several are the first', async () => {
      const sent = await Promise.all(
        Array.from({ length: 5 }, () => put('/v1/templates/charter-templates/first', [filePart('a.docx', docx)])),
      );
      expect(sent.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
      expect((await get<Template>('/v1/templates/charter-templates/first')).revisions).toHaveLength(5);
    });

    it.each([
      ['charter-templates/base', 'a.pptx', 415, 'TYPE_NOT_ACCEPTED'],
      ['export-templates/base', 'a.pdf', 415, 'TYPE_NOT_ACCEPTED'],
      ['export-templates/base.docx', 'a.pptx', 415, 'TEMPLATE_TYPE_DIFFERS'],
      ['export-templates/base.pdf', 'a.pptx', 400, 'VALIDATION_FAILED'],
      ['export-templates/..%2fbase', 'a.pptx', 400, 'VALIDATION_FAILED'],
      ['export-templates/.revisions', 'a.pptx', 400, 'VALIDATION_FAILED'],
      ['export-templates/a%20b', 'a.pptx', 400, 'VALIDATION_FAILED'],
      ['other-templates/base', 'a.pptx', 400, 'VALIDATION_FAILED'],
      ['constructor/base', 'a.pptx', 400, 'VALIDATION_FAILED'],
    ] as const)('are refused as %s from %s', async (path, name, status, code) => {
      expectError(await put(`/v1/templates/${path}`, [filePart(name, pptx)]), status, code);
    });

    it('that nobody stored are not there', async () => {
      for (const path of [
        'export-templates/none',
        'export-templates/none.pptx',
        'charter-templates/executive-summary',
      ]) {
        expectError(await send(running.service, { path: `/v1/templates/${path}` }), 404, 'TEMPLATE_NOT_FOUND');
      }
      expect((await send(running.service, { path: '/v1/templates/nothing' })).status).toBe(400);
      expect((await send(running.service, { path: '/v1/templates/charter-templates/a.pptx' })).status).toBe(404);
    });
  });

  it('are told of by their kinds', async () => {
    const { items } = await get<{ items: { kind: string; extensions: string[]; keyTemplate: string }[] }>('/v1/kinds');
    const known = new Map(items.map((item) => [item.kind, item]));
    expect(known.get('executive-summary')?.keyTemplate).toBe(
      'documents/exports/executive-summaries/{date}/{documentId}_{language}.{ext}',
    );
    for (const kind of ['slide-deck', 'one-pager'])
      expect(known.get(kind)?.extensions).toEqual(['.pdf', '.docx', '.pptx']);
    for (const kind of ['charter-draft', 'published-charter', 'export-template', 'charter-template'])
      expect(known.has(kind)).toBe(true);
  });

  it('ask for the scope of each route', async () => {
    const answer = await toAnswer(
      await running.service.fetch('/v1/templates/export-templates', { headers: { authorization: 'Bearer nobody' } }),
    );
    expect(answer.status).toBe(401);
  });
});

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what the answer is, its reader knows
function created<T>({ status, text }: Answer): T {
  expect([status, text]).toEqual([201, expect.any(String)]);
  return JSON.parse(text) as T;
}

async function bytesOf(service: Service, { id }: FileRecord): Promise<Buffer> {
  const { url } = await postJson<FileLink>(service, `/v1/files/${id}/links`, {});
  return Buffer.from(await (await fetch(url)).arrayBuffer());
}

async function content(service: Service, file: FileRecord): Promise<string> {
  return (await bytesOf(service, file)).toString();
}
