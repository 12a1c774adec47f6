import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyDiff, onlyBlock } from '../docs/extending-page.js';
import {
  expectError,
  fixture,
  makeKey,
  postJson,
  processed,
  toAnswer,
  uploaded,
  type FileLink,
  type FileRecord,
} from '../e2e/e2e.js';
import { Service } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const SLOW_MS = 180_000;
const DRAFT = Buffer.from('WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nGood morning.\n');

interface Captions {
  readonly items: readonly { readonly language: string; readonly file: FileRecord }[];
  readonly nextCursor: string | null;
}

/** The project with the example taken over as docs/extending.md says, built. */
function buildWithExample(folder: string): string {
  for (const part of ['src', 'examples', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  execFileSync('sh', ['-e', '-c', onlyBlock('sh')], { cwd: folder });
  const module = join(folder, 'src', 'app.module.ts');
  writeFileSync(module, applyDiff(readFileSync(module, 'utf8'), onlyBlock('diff')));
  try {
    execFileSync(process.execPath, [TSC, '-p', 'tsconfig.build.json', '--noEmitOnError'], { cwd: folder });
  } catch (error) {
    throw new Error(`It does not compile:\n${String((error as { stdout?: Buffer }).stdout)}`, { cause: error });
  }
  return join(folder, 'dist', 'main.js');
}

describe('The service with examples/captions', () => {
  let folder: string;
  let target: Target;
  let service: Service;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'catalyst-example-'));
    const main = buildWithExample(folder);
    target = await openTarget();
    service = await Service.start(target, { main });
  }, SLOW_MS);

  afterAll(async () => {
    await service.stop();
    await target.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function send(session: string, language: string, file = { name: 'draft.vtt', bytes: DRAFT }): Promise<Response> {
    return service.upload(`/v1/sessions/${session}/captions?language=${language}`, file);
  }

  it('has run the migration, and knows the kinds and the routes', async () => {
    const applied = await target.sql<{ name: string }>('select name from mikro_orm_migrations order by id');
    expect(applied.map(({ name }) => name)).toContain('Migration20261201090000_captions');
    const { items } = await service.json<{ items: { kind: string; extensions: string[] }[] }>('/v1/kinds');
    expect(items).toContainEqual(expect.objectContaining({ kind: 'caption-draft', extensions: ['.vtt', '.srt'] }));
    const { paths } = await service.json<{ paths: Record<string, unknown> }>('/docs-json');
    expect(paths['/v1/sessions/{id}/captions']).toMatchObject({
      post: { operationId: 'Captions_upload' },
      get: { operationId: 'Captions_list' },
    });
  });

  it('stores drafts under the key of their kind, each with its row', async () => {
    const answer = await send('film', 'EN');
    expect(answer.status).toBe(201);
    const { language, file } = (await answer.json()) as Captions['items'][number];
    expect(language).toBe('EN');
    expect(file).toMatchObject({ kind: 'caption-draft', contentType: 'text/vtt', processingStatus: null });
    expect(file.key).toMatch(/^audio-files\/sessions\/session-film\/captions\/EN\/\d{8}_\d{6}_draft\.vtt$/);
    expect(await target.sql('select * from caption where file_id = $1', [file.id])).toEqual([
      { file_id: file.id, language: 'EN' },
    ]);
  });

  it('lists what is not in the trash, newest first, page by page', async () => {
    for (const language of ['DE', 'FR', 'IT']) expect((await send('list', language)).status).toBe(201);
    const first = await service.json<Captions>('/v1/sessions/list/captions?limit=2');
    expect(first.items.map(({ language }) => language)).toEqual(['IT', 'FR']);
    const rest = await service.json<Captions>(`/v1/sessions/list/captions?limit=2&cursor=${first.nextCursor ?? ''}`);
    expect(rest).toMatchObject({ items: [{ language: 'DE' }], nextCursor: null });
    await service.json(`/v1/files/${rest.items[0]?.file.id ?? ''}`, { method: 'DELETE' }, 204);
    const left = await service.json<Captions>('/v1/sessions/list/captions');
    expect(left.items.map(({ language }) => language)).toEqual(['IT', 'FR']);
  });

  it('refuses what the kind, the route and the scopes do not allow', async () => {
    expectError(await toAnswer(await send('no', 'english')), 400, 'VALIDATION_FAILED');
    expectError(await toAnswer(await send('no', 'EN', { name: 'a.txt', bytes: DRAFT })), 415, 'TYPE_NOT_ACCEPTED');
    const { key } = await makeKey(target, ['files:read']);
    const asReader = { headers: { authorization: `Bearer ${key}` } };
    const refused = await service.upload(
      '/v1/sessions/no/captions?language=EN',
      { name: 'a.vtt', bytes: DRAFT },
      asReader,
    );
    expectError(await toAnswer(refused), 403, 'SCOPE_MISSING');
    expect(await service.json('/v1/sessions/no/captions')).toEqual({ items: [], nextCursor: null });
  });

  it('makes a caption sheet of a recording, from what the step before has found out', async () => {
    const recording = await uploaded(service, 'talk', { name: 'mono.wav', bytes: fixture('mono-16k.wav') });
    const { status, error, steps, results } = await processed(service, recording.id);
    expect({ status, error }).toEqual({ status: 'done', error: null });
    const names = steps.map(({ name }) => name);
    expect(names.indexOf('caption-sheet')).toBeGreaterThan(names.indexOf('probe'));
    const files = await Promise.all(results.map((id) => service.json<FileRecord>(`/v1/files/${id}`)));
    const sheet = files.find(({ kind }) => kind === 'caption-sheet');
    expect(sheet).toMatchObject({ originalFilename: 'captions.vtt', sourceFileId: recording.id, sessionId: 'talk' });
    const link = await postJson<FileLink>(service, `/v1/files/${sheet?.id ?? ''}/links`, {});
    const text = await (await fetch(link.url)).text();
    expect(text).toMatch(/^WEBVTT\n\n00:00:00\.000 --> 00:00:0/);
  });
});
