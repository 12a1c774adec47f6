import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { office, pdf } from '../support/office-files.js';
import { until, type Service } from '../support/service.js';
import {
  downloadName,
  filePart,
  fixture,
  postJson,
  processed,
  startService,
  type FileLink,
  type FileList,
  type FileRecord,
  type Running,
} from './e2e.js';
import { sendForm } from './document-forms.js';

const WELCOME = readFileSync(fileURLToPath(new URL('../../samples/welcome.wav', import.meta.url)));
const DAY = '\\d{4}/\\d{2}/\\d{2}';
const TIME = '\\d{8}_\\d{6}';
const REVISION = '\\.revisions/[0-9a-f-]{36}/';

/** One line of the bucket tree: how a file gets there, and where it is found. */
interface Line {
  /** The object's key, as a regular expression. */
  readonly key: string;
  readonly store: (service: Service) => Promise<FileRecord>;
  /** A list that has it. */
  readonly list: string;
  /** What the download is called. */
  readonly name: string;
  readonly contentType: string;
}

interface Picture {
  readonly main: FileRecord;
  readonly thumbnail: FileRecord;
}

async function form(
  service: Service,
  path: string,
  file: { readonly name: string; readonly bytes: Buffer; readonly field?: string; readonly method?: 'POST' | 'PUT' },
): Promise<FileRecord> {
  const { name, bytes, field = 'file', method = 'POST' } = file;
  const answer = await sendForm(service, { method, path }, [{ ...filePart(name, bytes), name: field }]);
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return JSON.parse(answer.text) as FileRecord;
}

const png = (): Promise<Buffer> =>
  sharp({ create: { width: 640, height: 480, channels: 3, background: '#4080c0' } })
    .png()
    .toBuffer();

async function picture(service: Service, path: string): Promise<Picture> {
  const answer = await sendForm(service, { method: 'PUT', path }, [filePart('me.png', await png())]);
  expect([200, 201]).toContain(answer.status);
  return JSON.parse(answer.text) as Picture;
}

const original = (type: string, name: string, bytes: () => Promise<Buffer> | Buffer, contentType: string): Line => ({
  key: `${type}-files/sessions/session-tree/original/${TIME}_${name.replace('.', '\\.')}`,
  store: async (service) => form(service, `/v1/sessions/tree/files?type=${type}`, { name, bytes: await bytes() }),
  list: '/v1/sessions/tree/files',
  name,
  contentType,
});

const exported = (family: string, folder: string, file: { readonly name: string; readonly ends: string }): Line => ({
  key: `documents/exports/${folder}/${DAY}/doc-1_${file.ends}`,
  store: async (service) =>
    form(
      service,
      `/v1/documents/doc-1/exports?family=${family}${family === 'executive-summary' ? '&language=EN' : ''}`,
      { name: file.name, bytes: file.name.endsWith('.pptx') ? await office('pptx') : pdf(family) },
    ),
  list: `/v1/documents/doc-1/exports?family=${family}`,
  name: file.name,
  contentType: file.name.endsWith('.pptx')
    ? 'application/vnd.openxmlformats-officedocument.presentationml.presentation'
    : 'application/pdf',
});

const asset = (category: string, name: string, contentType: string, bytes: () => Promise<Buffer> | Buffer): Line => ({
  key: `media/session-assets/tree/${category}/${name.replace('.', '\\.')}`,
  store: async (service) => form(service, `/v1/sessions/tree/assets/${category}`, { name, bytes: await bytes() }),
  list: `/v1/sessions/tree/assets/${category}`,
  name,
  contentType,
});

function pictures(path: string, folder: string, [main, thumbnail]: readonly [string, string], kind: string): Line[] {
  return [main, thumbnail].map((name, index) => ({
    key: `${folder}/${REVISION}${name.replace('.', '\\.')}`,
    store: async (service) => {
      const answer = await picture(service, path);
      return index === 0 ? answer.main : answer.thumbnail;
    },
    list: `/v1/files?kind=${kind}`,
    // The picture is made of me.png.
    name: `me${index === 0 ? '' : '_thumbnail'}.${name.endsWith('.png') ? 'png' : 'jpg'}`,
    contentType: name.endsWith('.png') ? 'image/png' : 'image/jpeg',
  }));
}

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

const LINES: readonly Line[] = [
  original('audio', 'talk.mp3', () => fixture('stereo.mp3'), 'audio/mpeg'),
  original('document', 'notes.txt', () => Buffer.from('notes of the session'), 'text/plain'),
  original('image', 'board.png', png, 'image/png'),
  {
    key: `audio-files/sessions/session-tree/processed/${REVISION}insights\\.json`,
    store: (service) =>
      postJson(service, '/v1/sessions/tree/results', { type: 'insights', name: 'insights', content: { themes: [] } }),
    list: '/v1/sessions/tree/results',
    name: 'insights.json',
    contentType: 'application/json',
  },
  {
    key: `audio-files/sessions/session-tree/clips/q-1_${TIME}\\.wav`,
    store: (service) => form(service, '/v1/sessions/tree/clips?quoteId=q-1', { name: 'quote.wav', bytes: WELCOME }),
    list: '/v1/sessions/tree/clips',
    name: 'quote.wav',
    contentType: 'audio/wav',
  },
  {
    key: `audio-files/sessions/session-tree/transcripts/${REVISION}full_transcript\\.txt`,
    store: (service) =>
      postJson(service, '/v1/sessions/tree/transcripts', { name: 'full_transcript.txt', content: 'Welcome, all.' }),
    list: '/v1/sessions/tree/transcripts',
    name: 'full_transcript.txt',
    contentType: 'text/plain',
  },
  {
    key: 'audio-files/manual-uploads/[A-Za-z0-9_-]+/loose\\.wav',
    store: (service) => form(service, '/v1/manual-uploads', { name: 'loose.wav', bytes: WELCOME }),
    list: '/v1/files?kind=manual-upload',
    name: 'loose.wav',
    contentType: 'audio/wav',
  },
  exported('executive-summary', 'executive-summaries', { name: 'summary.pdf', ends: 'EN\\.pdf' }),
  exported('slide-deck', 'slide-decks', { name: 'deck.pptx', ends: 'slides\\.pptx' }),
  exported('one-pager', 'one-pagers', { name: 'page.pdf', ends: 'onepager\\.pdf' }),
  {
    key: 'documents/charters/drafts/doc-1/v1/charter\\.docx',
    store: async (service) => (await draft(service)).charter,
    list: '/v1/files?documentId=doc-1&kind=charter-draft',
    name: 'charter.docx',
    contentType: DOCX,
  },
  {
    key: 'documents/charters/drafts/doc-1/v2/citations\\.json',
    store: async (service) => (await draft(service)).citations,
    list: '/v1/files?documentId=doc-1&kind=charter-draft',
    name: 'citations.json',
    contentType: 'application/json',
  },
  {
    key: `documents/charters/published/${REVISION}youth-social-innovation-charter-final\\.pdf`,
    store: async (service) => {
      const path = '/v1/documents/doc-1/charter/publish?version=1&slug=youth-social-innovation-charter-final';
      const answer = await form(service, path, { name: 'charter.pdf', bytes: pdf('final') });
      return (answer as unknown as { file: FileRecord }).file;
    },
    list: '/v1/files?documentId=doc-1&kind=published-charter',
    name: 'charter.pdf',
    contentType: 'application/pdf',
  },
  {
    key: `documents/templates/export-templates/${REVISION}executive-summary\\.docx`,
    store: async (service) =>
      form(service, '/v1/templates/export-templates/executive-summary', {
        name: 'executive-summary.docx',
        bytes: await office('docx'),
        method: 'PUT',
      }),
    list: '/v1/templates/export-templates',
    name: 'executive-summary.docx',
    contentType: DOCX,
  },
  {
    key: `documents/templates/charter-templates/${REVISION}charter-base\\.docx`,
    store: async (service) =>
      form(service, '/v1/templates/charter-templates/charter-base', {
        name: 'charter-base.docx',
        bytes: await office('docx'),
        method: 'PUT',
      }),
    list: '/v1/templates/charter-templates',
    name: 'charter-base.docx',
    contentType: DOCX,
  },
  ...pictures('/v1/users/u-1/avatar', 'media/avatars/users/u-1', ['profile.jpg', 'thumbnail.jpg'], 'user-avatar'),
  ...pictures(
    '/v1/stakeholders/s-1/avatar',
    'media/avatars/stakeholders/s-1',
    ['avatar.jpg', 'thumbnail.jpg'],
    'stakeholder-avatar',
  ),
  ...pictures(
    '/v1/organizations/o-1/logo',
    'media/organization-logos/o-1',
    ['logo.png', 'logo_thumbnail.png'],
    'organization-logo',
  ),
  asset(
    'presentation-materials',
    'deck.pptx',
    exported('slide-deck', '', { name: 'x.pptx', ends: '' }).contentType,
    () => office('pptx'),
  ),
  asset('shared-documents', 'agenda.pdf', 'application/pdf', () => pdf('agenda')),
  asset('screenshots', 'screen.png', 'image/png', png),
];

async function draft(service: Service): Promise<{ charter: FileRecord; citations: FileRecord }> {
  const answer = await sendForm(service, { path: '/v1/documents/doc-1/charter/drafts' }, [
    { name: 'charter', filename: 'charter.docx', body: await office('docx') },
    { name: 'citations', filename: 'citations.json', body: JSON.stringify([CITATION]) },
  ]);
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return JSON.parse(answer.text) as { charter: FileRecord; citations: FileRecord };
}

const CITATION = { id: 'c1', text: 'We want to be heard.', sessionId: 'tree', quoteId: 'q1' };

describe('the bucket tree', () => {
  let running: Running;
  let service: Service;

  beforeAll(async () => {
    running = await startService();
    ({ service } = running);
  }, 60_000);

  afterAll(async () => {
    await running.close();
  });

  it.each(LINES)(
    '$key: stores, lists, links and fetches a real file',
    async ({ key, store, list, name, contentType }) => {
      const file = await store(service);
      expect(file.key).toMatch(new RegExp(`^${key}$`));
      expect(file).toMatchObject({ status: 'stored', contentType });
      const listed = await service.json<FileList>(list);
      expect(listed.items.map(({ id }) => id)).toContain(file.id);

      const link = await postJson<FileLink>(service, `/v1/files/${file.id}/links`, {});
      const answer = await fetch(link.url);
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(answer.status).toBe(200);
      expect(bytes).toHaveLength(file.sizeBytes);
      expect(answer.headers.get('content-type')).toBe(
        contentType.startsWith('text/') ? `${contentType}; charset=utf-8` : contentType,
      );
      expect(downloadName(answer.headers.get('content-disposition'))).toBe(name);
      const proxied = await service.fetch(`/v1/files/${file.id}/content?proxy=1`);
      expect(Buffer.from(await proxied.arrayBuffer())).toEqual(bytes);
    },
  );

  it('keeps what the service makes of a recording beside what others make of it', async () => {
    const { items } = await service.json<FileList>('/v1/sessions/tree/files');
    const recording = items.find(({ contentType }) => contentType === 'audio/mpeg');
    await processed(service, recording?.id ?? '');
    const { items: results } = await service.json<FileList>('/v1/sessions/tree/results');
    const names = results.map(({ key }) => key.replace(/^.*\//, '')).sort();
    expect(names).toEqual(['insights.json', 'probe.json', 'waveform.json', 'waveform.png']);
  });

  it('has every object under a key of its kind, and a copy of each place at the fixed name', async () => {
    const fixed = [
      'media/avatars/users/u-1/profile.jpg',
      'media/avatars/users/u-1/thumbnail.jpg',
      'media/organization-logos/o-1/logo.png',
      'documents/charters/published/youth-social-innovation-charter-final.pdf',
      'audio-files/sessions/session-tree/transcripts/full_transcript.txt',
    ];
    await until(
      'the copies at the fixed names',
      async () => Promise.all(fixed.map((key) => running.store.head(key))),
      (found) => found.every((info) => info !== undefined),
      90,
    );
  });
});
