import { bigEntry, office, officeParts, pdf, zip } from '../support/office-files.js';
import { bytesOf, created, leftOf, sendForm, type Page } from './document-forms.js';
import {
  downloadName,
  expectError,
  filePart,
  makeKey,
  postJson,
  send,
  startService,
  toAnswer,
  type Answer,
  type FileList,
  type FileRecord,
  type FormPart,
  type Running,
} from './e2e.js';

interface Template extends FileRecord {
  readonly family: string;
  readonly name: string;
  readonly revisions: readonly FileRecord[];
}

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
    sendForm(running.service, { path, headers }, parts);
  const put = (path: string, parts: readonly FormPart[]): Promise<Answer> =>
    sendForm(running.service, { method: 'PUT', path }, parts);
  const get = <T>(path: string): Promise<T> => running.service.json<T>(path);
  const exported = async (path: string, name: string, bytes: Uint8Array): Promise<FileRecord> =>
    created<FileRecord>(await post(path, [filePart(name, bytes)]));

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
      const { message } = expectError(await post('/v1/documents/fields/exports', after), 400, 'VALIDATION_FAILED');
      expect(message).toContain('before the file');
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
      expect(await leftOf(running, 'refused')).toEqual({ rows: [], objects: [] });
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
      const damaged = Buffer.from(docx);
      damaged.fill(0xff, 60, 80);
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
        ['one without its end', 'a.docx', docx.subarray(0, -1)],
        ['one whose parts cannot be unpacked', 'a.docx', damaged],
      ];
      for (const [what, name, bytes] of cases) {
        const answer = await post('/v1/documents/told/exports?family=one-pager', [filePart(name, bytes)]);
        expect([what, answer.status]).toEqual([what, 415]);
        expectError(answer, 415, 'TYPE_NOT_ACCEPTED');
      }
      expect(await leftOf(running, 'told')).toEqual({ rows: [], objects: [] });
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
      const before = await leftOf(running, 'large');
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
      expect(await leftOf(running, 'large')).toEqual(before);
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

  it('are read and written with the scopes of files', async () => {
    const reader = await makeKey(running.target, ['files:read']);
    const writer = await makeKey(running.target, ['files:write']);
    const as = async (key: string, method: string, path: string): Promise<number> =>
      (await toAnswer(await running.service.fetch(path, { method, headers: { authorization: `Bearer ${key}` } })))
        .status;
    for (const [method, path] of [
      ['POST', '/v1/documents/a/exports?family=one-pager'],
      ['POST', '/v1/documents/a/charter/drafts'],
      ['POST', '/v1/documents/a/charter/publish?version=1&slug=a'],
      ['PUT', '/v1/templates/charter-templates/a'],
    ] as const) {
      expect([path, await as(reader.key, method, path), await as(writer.key, method, path)]).toEqual([path, 403, 400]);
    }
    for (const path of ['documents/a/exports', 'documents/a/charter/drafts', 'documents/a/charter/publications']) {
      expect([path, await as(reader.key, 'GET', `/v1/${path}`), await as(writer.key, 'GET', `/v1/${path}`)]).toEqual([
        path,
        200,
        403,
      ]);
    }
    const linked = '/v1/documents/a/exports?family=one-pager&link=1';
    expect(await as(writer.key, 'POST', linked)).toBe(403);
  });
});
