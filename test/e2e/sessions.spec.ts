import sharp from 'sharp';
import {
  expectError,
  expectNothingLeft,
  filePart,
  fixture,
  formBody,
  makeKey,
  NOTHING,
  postForm,
  postJson,
  processed,
  remains,
  send,
  startService,
  toAnswer,
  UNKNOWN_ID,
  uploaded,
  wav,
  type Answer,
  type FileList,
  type FileRecord,
  type Running,
} from './e2e.js';
import { officeFile, zipOf } from './zip.js';

const PDF = Buffer.from('%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n');
const NOTE = Buffer.from('Plain text.\n');
const VTT = 'WEBVTT\n\n00:00.000 --> 00:01.000\nGood morning.\n';
const SRT = '1\n00:00:00,000 --> 00:00:01,000\nGood morning.\n';

describe('sessions', () => {
  let running: Running;
  let png: Buffer;

  beforeAll(async () => {
    running = await startService();
    png = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
  }, 120_000);
  afterAll(() => running.close());

  const get = <T>(path: string): Promise<T> => running.service.json<T>(path);
  const read = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    running.service.fetch(path, { headers });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    send(running.service, {
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', ...headers },
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    });
  const posted = (path: string, body: unknown): Promise<FileRecord> => postJson(running.service, path, body);
  const form = async (path: string, name: string, bytes: Uint8Array): Promise<Answer> =>
    toAnswer(await running.service.upload(path, { name, bytes }));
  const recordOf = (answer: Answer): FileRecord => {
    expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 201 });
    return JSON.parse(answer.text) as FileRecord;
  };

  describe('originals', () => {
    it('of every type are taken and lie below their type', async () => {
      const docx = await officeFile('word/document', 'wordprocessingml.document');
      const files: [string, string, Buffer, string][] = [
        ['audio', 'a.mp3', fixture('stereo.mp3'), 'audio/mpeg'],
        ['audio', 'a.webm', fixture('opus.webm'), 'audio/webm'],
        ['audio', 'a.ogg', fixture('opus.ogg'), 'audio/ogg'],
        ['video', 'v.mp4', fixture('video.mp4'), 'video/mp4'],
        ['video', 'v.mov', fixture('video.mov'), 'video/quicktime'],
        ['image', 'i.png', png, 'image/png'],
        ['image', 'i.JPG', await sharp(png).jpeg().toBuffer(), 'image/jpeg'],
        ['image', 'i.webp', await sharp(png).webp().toBuffer(), 'image/webp'],
        ['image', 'i.gif', await sharp(png).gif().toBuffer(), 'image/gif'],
        ['document', 'd.pdf', PDF, 'application/pdf'],
        ['document', 'd.txt', NOTE, 'text/plain'],
        ['document', 'd.md', NOTE, 'text/markdown'],
        ['document', 'd.docx', docx, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
      ];
      for (const [type, name, bytes, contentType] of files) {
        const record = recordOf(await form(`/v1/sessions/types/files?type=${type}`, name, bytes));
        expect(record).toMatchObject({ contentType, sizeBytes: bytes.length, sessionId: 'types' });
        expect(record.key).toMatch(new RegExp(`^${type}-files/sessions/session-types/original/\\d{8}_\\d{6}_`));
        expect(record.processingStatus).toBe(['audio', 'video'].includes(type) ? 'queued' : null);
      }
    });

    it('that are not what they say are refused and leave nothing', async () => {
      const zip = await zipOf({ 'a.txt': 'a' });
      const pptx = await officeFile('ppt/presentation', 'presentationml.presentation');
      const files: [string, string, Buffer | string][] = [
        ['audio', 'a.pdf', PDF],
        ['audio', 'a.wav', PDF],
        ['audio', 'a.mp4', fixture('video.mp4')],
        ['video', 'v.mp4', fixture('stereo.mp3')],
        ['video', 'v.wav', fixture('mono-16k.wav')],
        ['image', 'i.png', '<html><script>alert(1)</script>'],
        ['image', 'i.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'],
        ['image', 'i.jpg', png],
        ['document', 'd.pdf', '<!doctype html><p>'],
        ['document', 'd.txt', PDF],
        ['document', 'd.docx', zip],
        ['document', 'd.docx', pptx],
        ['document', 'd.pptx', pptx],
        ['document', 'd.exe', 'MZ'],
        ['document', 'd.md', Buffer.from([0, 1, 2, 3])],
      ];
      for (const [type, name, bytes] of files) {
        const answer = await postForm(running.service, 'lies', formBody([filePart(name, bytes)]), {
          query: `?type=${type}`,
        });
        expectError(answer, 415, 'TYPE_NOT_ACCEPTED');
      }
      const unknown = await postForm(running.service, 'lies', formBody([filePart('a.wav', NOTE)]), {
        query: '?type=pdf',
      });
      expectError(unknown, 400, 'VALIDATION_FAILED');
      await expectNothingLeft(running, 'lies');
    });
  });

  it('say where their files lie, and how many there are', async () => {
    const empty = await get<Record<string, unknown>>('/v1/sessions/space/workspace');
    const prefix = (name: string) => ({
      prefix: `audio-files/sessions/session-space/${name}/`,
      count: 0,
      sizeBytes: 0,
    });
    expect(empty).toMatchObject({
      sessionId: 'space',
      prefixes: {
        original: prefix('original'),
        processed: prefix('processed'),
        clips: prefix('clips'),
        transcripts: prefix('transcripts'),
      },
    });
    await form('/v1/sessions/space/files?type=document', 'd.txt', NOTE);
    const first = recordOf(await form('/v1/sessions/space/files?type=document', 'd.txt', NOTE));
    await posted('/v1/sessions/space/results', { type: 'analysis', content: { a: 1 } });
    await posted('/v1/sessions/space/transcripts', { name: 'captions.vtt', content: VTT });
    expect((await running.service.fetch(`/v1/files/${first.id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await get('/v1/sessions/space/workspace')).toMatchObject({
      prefixes: {
        original: prefix('original'),
        processed: { ...prefix('processed'), count: 1, sizeBytes: 7 },
        clips: prefix('clips'),
        transcripts: { ...prefix('transcripts'), count: 1, sizeBytes: VTT.length },
      },
      originals: {
        document: {
          prefix: 'document-files/sessions/session-space/original/',
          count: 1,
          sizeBytes: NOTE.length,
        },
      },
    });
  });

  describe('results', () => {
    it('are posted, replaced by their name, and read back', async () => {
      const first = await posted('/v1/sessions/work/results', { type: 'analysis', name: 'mood', content: { mood: 1 } });
      expect(first).toMatchObject({
        kind: 'session-result',
        contentType: 'application/json',
        originalFilename: 'mood.json',
        sourceFileId: null,
        sizeBytes: 10,
        metadata: { type: 'analysis' },
      });
      const text = '{ "mood": 12345678901234567890 }';
      const second = await posted('/v1/sessions/work/results?link=1', { type: 'x', name: 'mood.json', content: text });
      expect(second.link?.url).toMatch(/^http/);
      for (const name of ['mood', 'mood.json']) {
        const answer = await read(`/v1/sessions/work/results/${name}`);
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toBe('application/json');
        expect(answer.headers.get('etag')).toBe(`"${second.etag}"`);
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
        expect(await answer.text()).toBe(text);
      }
      const same = await read('/v1/sessions/work/results/mood', { 'if-none-match': `"${second.etag}"` });
      expect([same.status, await same.text()]).toEqual([304, '']);
      const part = await read('/v1/sessions/work/results/mood', { range: 'bytes=2-7' });
      expect([part.status, await part.text()]).toEqual([206, '"mood"']);
      const head = await send(running.service, { method: 'HEAD', path: '/v1/sessions/work/results/mood' });
      expect([head.status, head.headers['content-length'], head.text]).toEqual([200, String(text.length), '']);
      const list = await get<FileList>('/v1/sessions/work/results');
      expect(list.items.map(({ id }) => id)).toEqual([second.id]);
      expect(await get(`/v1/files/${first.id}`)).toMatchObject({ status: 'trashed' });
      expectError(await toAnswer(await read('/v1/sessions/work/results/none')), 404, 'SESSION_FILE_NOT_FOUND');
      expectError(await toAnswer(await read('/v1/sessions/work/results/a%2Fb')), 400, 'VALIDATION_FAILED');
    });

    it('without a name are named by type and time, and never replace one another', async () => {
      const all = await Promise.all(
        Array.from({ length: 6 }, (_, n) => posted('/v1/sessions/names/results', { type: 'topics', content: [n] })),
      );
      expect(new Set(all.map(({ originalFilename }) => originalFilename)).size).toBe(6);
      for (const { originalFilename, status } of all) {
        expect(originalFilename).toMatch(/^topics_\d{8}_\d{6}(?:_[0-9a-f]{12})?\.json$/);
        expect(status).toBe('stored');
      }
      expect(all.some(({ originalFilename }) => /^topics_\d{8}_\d{6}\.json$/.test(originalFilename))).toBe(true);
      expect((await get<FileList>('/v1/sessions/names/results')).items).toHaveLength(6);
    });

    it('take effect once under an Idempotency-Key', async () => {
      const headers = { 'idempotency-key': 'result-1' };
      const body = { type: 'once', content: { a: 1 } };
      const first = await post('/v1/sessions/once/results', body, headers);
      const again = await post('/v1/sessions/once/results', body, headers);
      expect(recordOf(again)).toEqual(recordOf(first));
      const other = await post('/v1/sessions/once/results', { ...body, content: { a: 2 } }, headers);
      expectError(other, 422, 'IDEMPOTENCY_KEY_REUSED');
      expect((await get<FileList>('/v1/sessions/once/results')).items).toHaveLength(1);
    });

    it('that are none are refused and leave nothing', async () => {
      const deep = '['.repeat(100_000) + ']'.repeat(100_000);
      const bodies: [unknown, number, string][] = [
        [{ type: 'a' }, 400, 'INVALID_CONTENT'],
        [{ type: 'a', content: null }, 400, 'INVALID_CONTENT'],
        [{ type: 'a', content: 7 }, 400, 'INVALID_CONTENT'],
        [{ type: 'a', content: 'no json' }, 400, 'INVALID_CONTENT'],
        [{ type: 'a', content: '"text"' }, 400, 'INVALID_CONTENT'],
        [{ type: 'a', content: deep }, 400, 'INVALID_CONTENT'],
        [`{"type":"a","content":${deep}}`, 400, 'JSON_TOO_COMPLEX'],
        [`{"type":"a","content":${'['.repeat(65)}${']'.repeat(65)}}`, 400, 'INVALID_CONTENT'],
        [`{"type":"a","content":[${'{},'.repeat(500_000)}1]}`, 400, 'JSON_TOO_COMPLEX'],
        ['{"type":"a","content":{"a":1}', 400, 'MALFORMED_JSON'],
        ['[]', 400, 'VALIDATION_FAILED'],
        [{ type: 'A', content: {} }, 400, 'VALIDATION_FAILED'],
        [{ type: '../x', content: {} }, 400, 'VALIDATION_FAILED'],
        [{ type: 'a', name: '../x', content: {} }, 400, 'VALIDATION_FAILED'],
        [{ type: 'a', name: `x.${UNKNOWN_ID}`, content: {} }, 400, 'VALIDATION_FAILED'],
        [{ type: 'a', name: null, content: {} }, 400, 'VALIDATION_FAILED'],
        [{ type: 'a', content: {}, more: 1 }, 400, 'VALIDATION_FAILED'],
        [{ type: 'a', content: {}, sourceFileId: 'x' }, 400, 'VALIDATION_FAILED'],
        [{ type: 'a', content: {}, sourceFileId: UNKNOWN_ID }, 404, 'FILE_NOT_FOUND'],
        [{ type: 'a', content: { text: 'x'.repeat(10 * 1024 * 1024) } }, 413, 'BODY_TOO_LARGE'],
      ];
      for (const [body, status, code] of bodies) {
        expectError(await post('/v1/sessions/bad/results', body), status, code);
      }
      const wide = await post('/v1/sessions/bad/results', '{}', { 'content-type': 'application/json; charset=utf-16' });
      expectError(wide, 415, 'UNSUPPORTED_BODY');
      const link = await post(`/v1/files/${UNKNOWN_ID}/links`, `{"filename":${deep.slice(60_000, 140_000)}}`);
      expectError(link, 400, 'JSON_TOO_COMPLEX');
      const plain = await post('/v1/sessions/bad/results', 'text', { 'content-type': 'text/plain' });
      expectError(plain, 415, 'UNSUPPORTED_BODY');
      const { key } = await makeKey(running.target, ['files:read']);
      const forbidden = await post(
        '/v1/sessions/bad/results',
        { type: 'a', content: {} },
        { authorization: `Bearer ${key}` },
      );
      expectError(forbidden, 403, 'SCOPE_MISSING');
      expect(await remains(running, 'bad')).toEqual(NOTHING);
    });

    it('keep properties of any name, and are as large as 10 MiB', async () => {
      const content = '{"constructor":{"prototype":1},"__proto__":{"x":[]},"toString":null}';
      const answer = await post('/v1/sessions/odd/results', `{"type":"a","name":"odd","content":${content}}`);
      recordOf(answer);
      expect(await (await read('/v1/sessions/odd/results/odd')).text()).toBe(content);
      const large = { text: 'x'.repeat(10 * 1024 * 1024 - 200) };
      recordOf(await post('/v1/sessions/odd/results', { type: 'a', name: 'large', content: large }));
    });

    it('of several recordings never mix, whatever makes them and in whatever order', async () => {
      const [first, second] = [
        await uploaded(running.service, 'two', { name: 'one.wav', bytes: fixture('mono-16k.wav') }),
        await uploaded(running.service, 'two', { name: 'two.mp3', bytes: fixture('stereo.mp3') }),
      ];
      // While the service makes its own results of both.
      const given = await Promise.all(
        [second, first, second, first].map((source, n) =>
          posted('/v1/sessions/two/results', {
            type: 'analysis',
            name: 'analysis',
            content: { of: source.id, n },
            sourceFileId: source.id.toUpperCase(),
          }),
        ),
      );
      await Promise.all([processed(running.service, first.id), processed(running.service, second.id)]);
      for (const record of given) expect(record.sourceFileId).toMatch(/^[0-9a-f-]{36}$/);
      for (const source of [first, second]) {
        const results = await get<FileList>(`/v1/sessions/two/results?sourceFileId=${source.id}`);
        expect(results.items.map((item) => item.sourceFileId)).toEqual(Array(4).fill(source.id));
        expect(results.items.map((item) => item.originalFilename).sort()).toEqual([
          'analysis.json',
          'probe.json',
          'waveform.json',
          'waveform.png',
        ]);
        const suffix = source === first ? '' : `.${source.id}`;
        for (const { key, originalFilename } of results.items)
          expect(key.endsWith(`/${originalFilename.replace('.', `${suffix}.`)}`)).toBe(true);
        const byName = await read(`/v1/sessions/two/results/analysis?sourceFileId=${source.id}`);
        expect(await byName.json()).toMatchObject({ of: source.id });
        const byFullName = await read(`/v1/sessions/two/results/analysis${suffix}.json`);
        expect(await byFullName.json()).toMatchObject({ of: source.id });
        const picture = await read(`/v1/sessions/two/results/waveform.png?sourceFileId=${source.id}`);
        expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
        await picture.arrayBuffer();
      }
      const codecs = await Promise.all(
        [first, second].map(async ({ id }) => (await read(`/v1/sessions/two/results/probe?sourceFileId=${id}`)).json()),
      );
      expect(codecs).toMatchObject([{ codec: expect.stringMatching(/pcm/) }, { codec: expect.stringMatching(/mp3/) }]);
      const elsewhere = await post('/v1/sessions/three/results', { type: 'a', content: {}, sourceFileId: first.id });
      expectError(elsewhere, 422, 'SOURCE_NOT_OF_SESSION');
      const ofResult = await post('/v1/sessions/two/results', { type: 'a', content: {}, sourceFileId: given[0]?.id });
      expectError(ofResult, 422, 'SOURCE_NOT_OF_SESSION');
      // They go and come with their recording; a trashed one gets none.
      await running.service.fetch(`/v1/files/${second.id}`, { method: 'DELETE' });
      const late = await post('/v1/sessions/two/results', { type: 'a', content: {}, sourceFileId: second.id });
      expectError(late, 409, 'SOURCE_TRASHED');
      expect((await get<FileList>('/v1/sessions/two/results')).items).toHaveLength(4);
      const gone = await read(`/v1/sessions/two/results/analysis?sourceFileId=${second.id}`);
      expectError(await toAnswer(gone), 404, 'SESSION_FILE_NOT_FOUND');
      await running.service.json(`/v1/files/${second.id}/restore`, { method: 'POST' });
      expect((await get<FileList>('/v1/sessions/two/results')).items).toHaveLength(8);
    }, 180_000);
  });

  describe('transcripts', () => {
    it('are posted as JSON or as a form, listed, and read as what they are', async () => {
      const speakers = [{ speaker: 'A', text: 'Guten Morgen, 世界' }];
      const all: [string, unknown, string, string][] = [
        ['full_transcript.txt', 'Guten Morgen, 世界\n', 'text/plain; charset=utf-8', 'Guten Morgen, 世界\n'],
        ['speakers_separated.json', speakers, 'application/json', JSON.stringify(speakers)],
        ['captions.vtt', VTT, 'text/vtt; charset=utf-8', VTT],
        ['captions.srt', SRT, 'application/x-subrip', SRT],
      ];
      for (const [name, content, contentType, text] of all) {
        const record = await posted('/v1/sessions/words/transcripts', { name, content });
        expect(record).toMatchObject({ kind: 'session-transcript', originalFilename: name, sessionId: 'words' });
        expect(record.key).toMatch(/^audio-files\/sessions\/session-words\/transcripts\//);
        const answer = await read(`/v1/sessions/words/transcripts/${name}`);
        expect([answer.status, answer.headers.get('content-type')]).toEqual([200, contentType]);
        expect(await answer.text()).toBe(text);
      }
      const again = recordOf(
        await form('/v1/sessions/words/transcripts?link=1', 'captions.vtt', Buffer.from(`${VTT}\n`)),
      );
      expect(again.link?.url).toMatch(/^http/);
      expect(await (await read('/v1/sessions/words/transcripts/captions.vtt')).text()).toBe(`${VTT}\n`);
      const list = await get<FileList>('/v1/sessions/words/transcripts');
      expect(list.items.map(({ originalFilename }) => originalFilename)).toEqual([
        'captions.vtt',
        'captions.srt',
        'speakers_separated.json',
        'full_transcript.txt',
      ]);
    });

    it('belong to their recording', async () => {
      const sources = [
        await uploaded(running.service, 'said', { name: 'one.wav', bytes: wav(2000) }),
        await uploaded(running.service, 'said', { name: 'two.wav', bytes: wav(2000) }),
      ];
      for (const { id } of sources.toReversed()) {
        await posted('/v1/sessions/said/transcripts', {
          name: 'captions.vtt',
          content: `${VTT}${id}`,
          sourceFileId: id,
        });
        const path = `/v1/sessions/said/transcripts?sourceFileId=${id}`;
        recordOf(await form(path, 'full_transcript.txt', Buffer.from(id)));
      }
      for (const { id } of sources) {
        const text = await read(`/v1/sessions/said/transcripts/full_transcript.txt?sourceFileId=${id}`);
        expect(await text.text()).toBe(id);
        const list = await get<FileList>(`/v1/sessions/said/transcripts?sourceFileId=${id}`);
        expect(list.items.map((item) => item.sourceFileId)).toEqual([id, id]);
      }
      expect(await (await read('/v1/sessions/said/transcripts/full_transcript.txt')).text()).toBe(sources[0]?.id);
    });

    it('that are not what they say are refused and leave nothing', async () => {
      const bodies: [string, unknown, number, string][] = [
        ['captions.vtt', 'no captions', 400, 'INVALID_CONTENT'],
        ['captions.srt', VTT, 400, 'INVALID_CONTENT'],
        ['speakers_separated.json', '{', 400, 'INVALID_CONTENT'],
        ['full_transcript.txt', 'a\u0000b', 400, 'INVALID_CONTENT'],
        ['full_transcript.txt', { a: 1 }, 400, 'INVALID_CONTENT'],
        ['full_transcript.txt', '', 400, 'EMPTY_FILE'],
        ['full_transcript.txt', '<html><script>alert(1)</script>', 415, 'TYPE_NOT_ACCEPTED'],
        ['full_transcript.pdf', 'x', 400, 'VALIDATION_FAILED'],
        ['../x.txt', 'x', 400, 'VALIDATION_FAILED'],
      ];
      for (const [name, content, status, code] of bodies) {
        expectError(await post('/v1/sessions/mute/transcripts', { name, content }), status, code);
      }
      const latin1 = Buffer.from([0x67, 0xfc, 0x6e]);
      expectError(await form('/v1/sessions/mute/transcripts', 'a.txt', latin1), 400, 'INVALID_CONTENT');
      expectError(await form('/v1/sessions/mute/transcripts', 'a.wav', wav(100)), 400, 'INVALID_CONTENT');
      expectError(await form('/v1/sessions/mute/transcripts', 'ä b.txt', NOTE), 400, 'VALIDATION_FAILED');
      const large = Buffer.alloc(11 * 1024 * 1024, 'x');
      expectError(await form('/v1/sessions/mute/transcripts', 'a.txt', large), 413, 'FILE_TOO_LARGE');
      const path = '/v1/sessions/mute/transcripts';
      const noFile = await send(running.service, { path, body: formBody([{ name: 'note', body: 'x' }]) });
      expectError(noFile, 400, 'NO_FILE');
      expect(await remains(running, 'mute')).toEqual(NOTHING);
    });
  });

  it('have assets in three categories', async () => {
    const pptx = await officeFile('ppt/presentation', 'presentationml.presentation');
    const xlsx = await officeFile('xl/workbook', 'spreadsheetml.sheet');
    const sent: [string, string, Buffer][] = [
      ['presentation-materials', 'slides.pptx', pptx],
      ['presentation-materials', 'slides.pdf', PDF],
      ['shared-documents', 'budget.xlsx', xlsx],
      ['shared-documents', 'budget.xlsx', xlsx],
      ['screenshots', 'screen.png', png],
    ];
    for (const [category, name, bytes] of sent) {
      const record = recordOf(await form(`/v1/sessions/42a/assets/${category}?link=1`, name, bytes));
      expect(record).toMatchObject({ kind: 'session-asset', sessionId: '42a', processingStatus: null });
      expect(record.link?.url).toMatch(/^http/);
    }
    const names = async (category: string) =>
      (await get<FileList>(`/v1/sessions/42a/assets/${category}`)).items.map(({ key }) => key);
    expect(await names('presentation-materials')).toEqual([
      'media/session-assets/42a/presentation-materials/slides.pdf',
      'media/session-assets/42a/presentation-materials/slides.pptx',
    ]);
    expect(await names('shared-documents')).toEqual([
      'media/session-assets/42a/shared-documents/budget-2.xlsx',
      'media/session-assets/42a/shared-documents/budget.xlsx',
    ]);
    const page = await get<FileList>('/v1/sessions/42a/assets/shared-documents?limit=1');
    const next = await get<FileList>(
      `/v1/sessions/42a/assets/shared-documents?limit=1&cursor=${page.nextCursor ?? ''}`,
    );
    expect([...page.items, ...next.items].map(({ key }) => key)).toEqual(await names('shared-documents'));
    expect(next.nextCursor).toBeNull();
    expectError(await form('/v1/sessions/42a/assets/else', 'a.png', png), 400, 'VALIDATION_FAILED');
    expectError(await toAnswer(await read('/v1/sessions/42a/assets/else')), 400, 'VALIDATION_FAILED');
    const lies: [string, Buffer][] = [
      ['a.wav', wav(100)],
      ['a.pptx', xlsx],
      ['a.xlsx', await zipOf({ 'a.txt': '' })],
      ['a.png', Buffer.from('<svg onload="alert(1)">')],
    ];
    for (const [name, bytes] of lies)
      expectError(await form('/v1/sessions/lies-a/assets/screenshots', name, bytes), 415, 'TYPE_NOT_ACCEPTED');
  });

  it('need not be there: files are uploaded by hand outside any', async () => {
    const upload = async (query: string): Promise<FileRecord & { metadata: Record<string, string> }> =>
      recordOf(await form(`/v1/manual-uploads${query}`, 'take.wav', fixture('mono-16k.wav'))) as FileRecord & {
        metadata: Record<string, string>;
      };
    const first = await upload('?uploadId=batch_1&link=1');
    expect(first).toMatchObject({
      kind: 'manual-upload',
      key: 'audio-files/manual-uploads/batch_1/take.wav',
      sessionId: null,
      processingStatus: null,
      metadata: { uploadId: 'batch_1' },
    });
    expect(first.link?.url).toMatch(/^http/);
    expect((await upload('?uploadId=batch_1')).key).toBe('audio-files/manual-uploads/batch_1/take-2.wav');
    const own = await upload('');
    expect(own.metadata['uploadId']).toMatch(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    expect(own.key).toBe(`audio-files/manual-uploads/${own.metadata['uploadId'] ?? ''}/take.wav`);
    const named = formBody([{ name: 'uploadId', body: 'from-form' }, filePart('a.txt', NOTE)]);
    const answer = await send(running.service, { path: '/v1/manual-uploads', body: named });
    expect(recordOf(answer).key).toBe('audio-files/manual-uploads/from-form/a.txt');
    expectError(await form('/v1/manual-uploads?uploadId=..%2Fx', 'a.txt', NOTE), 400, 'VALIDATION_FAILED');
    expectError(await form('/v1/manual-uploads', 'a.html', Buffer.from('<html>')), 415, 'TYPE_NOT_ACCEPTED');
  });
});
