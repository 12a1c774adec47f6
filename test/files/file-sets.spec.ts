import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EntityManager } from '@mikro-orm/postgresql';
import { Logger } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { systemActor } from '../../src/auth/index.js';
import { ConfigurationModule } from '../../src/config/index.js';
import { DatabaseModule, DatabaseServer } from '../../src/database/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { FilesModule, FilesService, FileStatus, StoredFile } from '../../src/files/index.js';
import { FileIntake, IntakeModule, type SentFile } from '../../src/intake/index.js';
import { FileKind, ObjectStorage, RetentionClass, StorageModule } from '../../src/storage/index.js';
import { FileTrash } from '../../src/trash/file-trash.js';
import { FileSweeper, TrashModule } from '../../src/trash/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const actor = systemActor('spec');

const badge = new FileKind({
  name: 'spec-badge',
  keyTemplate: 'media/badges/{userId}/badge.txt',
  ifTaken: 'place',
  accepts: ['.txt'],
  retentionClass: RetentionClass.Picture,
  linkable: true,
  variants: { small: { keyTemplate: 'media/badges/{userId}/small.txt', accepts: ['.txt'] } },
});
const draft = new FileKind({
  name: 'spec-draft',
  keyTemplate: 'drafts/{documentId}/v{version}/text.txt',
  ifTaken: 'version',
  accepts: ['.txt'],
  retentionClass: RetentionClass.Document,
  linkable: true,
  variants: { notes: { keyTemplate: 'drafts/{documentId}/v{version}/notes.json', accepts: ['.json'] } },
});

describe('sets of files', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'catalyst-sets-'));
  let database: TestDatabase;
  let module: TestingModule;
  let intake: FileIntake;
  let files: FilesService;

  beforeAll(async () => {
    database = await createTestDatabase();
    process.env['DATA_DIR'] = dataDir;
    const server = await DatabaseServer.start({
      url: database.url,
      directUrl: database.url,
      dataDir,
      attachAs: Attachment.Service,
      logger: new Logger('spec'),
    });
    Logger.overrideLogger(false);
    module = await Test.createTestingModule({
      imports: [
        ConfigurationModule,
        DatabaseModule.forRoot(server),
        ScheduleModule.forRoot(),
        StorageModule.forFeature([badge, draft]),
        FilesModule,
        IntakeModule,
        TrashModule,
      ],
    }).compile();
    await module.init();
    intake = module.get(FileIntake);
    files = module.get(FilesService);
  });

  afterAll(async () => {
    await module.close();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
    delete process.env['DATA_DIR'];
  });

  async function send(kind: FileKind, parameters: Record<string, string>, main?: SentFile): Promise<SentFile> {
    const variant = kind.variants[0];
    if (variant === undefined) throw new Error('Both kinds have a variant');
    const sent = await intake.send({
      kind,
      parameters,
      references: {},
      filename: main === undefined ? 'text.txt' : `side${variant.accepts.join('')}`,
      body: Readable.from([Buffer.from('{}')]),
      actor,
      ...(main && { beside: { main, variant: variant.name } }),
    });
    if (sent.state !== 'sent') throw new Error('Nothing was sent before');
    return sent;
  }

  async function store(kind: FileKind, parameters: Record<string, string>): Promise<[StoredFile, StoredFile]> {
    const main = await send(kind, parameters);
    const beside = await send(kind, {}, main);
    const stored = await intake.confirm([main, beside], { actor });
    return [stored[0]!, stored[1]!];
  }

  const statuses = (list: readonly StoredFile[]) =>
    Promise.all(list.map(async ({ id }) => (await files.get(id)).status));

  it("keeps a place's files under one revision, and replaces them together", async () => {
    const first = await store(badge, { userId: 'u1' });
    expect(first[1].key).toBe(first[0].key.replace('badge.txt', 'small.txt'));
    expect(first[1]).toMatchObject({ sourceFileId: first[0].id, variant: 'small', revisionId: first[0].revisionId });
    const second = await store(badge, { userId: 'u1' });
    expect(await statuses([...first, ...second])).toEqual(['trashed', 'trashed', 'stored', 'stored']);
    await files.restore(first[1].id, actor);
    expect(await statuses([...first, ...second])).toEqual(['stored', 'stored', 'trashed', 'trashed']);
  });

  it('takes the whole set away whichever file of it is deleted, the copies too', async () => {
    const [main, small] = await store(badge, { userId: 'u2' });
    const storage = module.get(ObjectStorage);
    const keys = async () => (await storage.list({ prefix: 'media/badges/u2/' })).objects.map(({ key }) => key);
    await module.get(FileSweeper).sweep();
    expect(await keys()).toEqual(expect.arrayContaining(['media/badges/u2/badge.txt', 'media/badges/u2/small.txt']));
    await files.trash(small.id, actor);
    expect(await statuses([main, small])).toEqual(['trashed', 'trashed']);
    await module.get(FileSweeper).sweep();
    expect((await keys()).filter((key) => !key.includes('.revisions'))).toEqual([]);
    await files.restore(main.id, actor);
    expect(await statuses([main, small])).toEqual(['stored', 'stored']);
  });

  it('removes the whole set for good, whichever file of it is purged', async () => {
    const [text, notes] = await store(draft, { documentId: 'd3' });
    await files.trash(text.id, actor);
    await module.get(FileTrash).purge(notes.id, actor);
    const left = await module
      .get(EntityManager)
      .fork()
      .count(StoredFile, { id: { $in: [text.id, notes.id] } });
    expect(left).toBe(0);
    expect((await module.get(ObjectStorage).list({ prefix: 'drafts/d3/' })).objects).toEqual([]);
  });

  it('brings a set back whole or not at all', async () => {
    const [main, small] = await store(badge, { userId: 'u9' });
    await files.trash(main.id, actor);
    const em = module.get(EntityManager).fork();
    await em.nativeUpdate(StoredFile, { id: small.id }, { status: FileStatus.Purging, leaseUntil: null });
    await expect(files.restore(main.id, actor)).rejects.toMatchObject({ code: 'FILE_NOT_TRASHED' });
    expect(await statuses([main])).toEqual(['trashed']);
  });

  it('keeps a set together, however deleting, purging and restoring it meet', async () => {
    const trash = module.get(FileTrash);
    const em = module.get(EntityManager).fork();
    for (let round = 0; round < 12; round += 1) {
      const set = await store(badge, { userId: `race-${round}` });
      const [main, small] = set;
      const outcomes = await Promise.allSettled([
        files.trash(main.id, actor),
        trash.purge(round % 2 === 0 ? main.id : small.id, actor),
        files.restore(small.id, actor),
        files.trash(small.id, actor),
      ]);
      const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
      for (const reason of reasons)
        expect(reason).toMatchObject({ kind: expect.stringMatching(/^(?:conflict|not-found)$/) });
      const left = await em.find(StoredFile, { id: { $in: set.map(({ id }) => id) } }, { refresh: true });
      expect([0, 2]).toContain(left.length);
      expect(new Set(left.map(({ status }) => status)).size).toBeLessThanOrEqual(1);
    }
  });

  it('numbers versions once, however many are sent at a time', async () => {
    const sets = await Promise.all(Array.from({ length: 8 }, () => store(draft, { documentId: 'd1' })));
    const keys = sets.map(([{ key }]) => key).sort();
    expect(keys).toEqual(Array.from({ length: 8 }, (_, index) => `drafts/d1/v${index + 1}/text.txt`));
    for (const [text, notes] of sets) expect(notes.key).toBe(text.key.replace('text.txt', 'notes.json'));
    const lost = await send(draft, { documentId: 'd1' });
    await intake.discard([lost], actor, { reason: 'SPEC' });
    const [next] = await store(draft, { documentId: 'd1' });
    expect(next.key).toBe('drafts/d1/v10/text.txt');
  });

  it('gives a set up as a whole when nobody confirms it', async () => {
    const main = await send(draft, { documentId: 'd2' });
    await send(draft, {}, main);
    await module
      .get(EntityManager)
      .fork()
      .nativeUpdate(StoredFile, { status: FileStatus.Pending }, { leaseUntil: new Date(0) });
    await module.get(FileSweeper).sweep();
    expect((await module.get(ObjectStorage).list({ prefix: 'drafts/d2/' })).objects).toEqual([]);
  });
});
