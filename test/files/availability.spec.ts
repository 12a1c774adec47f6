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
import { FileThaws } from '../../src/availability/file-thaws.js';
import { AvailabilityModule, FileAvailability } from '../../src/availability/index.js';
import { Clock, ConfigurationModule } from '../../src/config/index.js';
import { DatabaseModule, DatabaseServer } from '../../src/database/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { FilesModule, FilesService, type StoredFile } from '../../src/files/index.js';
import { FileIntake, IntakeModule } from '../../src/intake/index.js';
import { FileContent } from '../../src/links/file-content.js';
import { LinksModule, LinksService } from '../../src/links/index.js';
import { StoreUnavailableError, type ObjectInfo, type ThawOptions } from '../../src/object-storage/index.js';
import { FileKind, FormatFamily, ObjectStorage, RetentionClass, StorageModule } from '../../src/storage/index.js';
import { Store } from '../../src/storage/store.js';
import { FileTrash } from '../../src/trash/file-trash.js';
import { FileSweeper, TrashModule } from '../../src/trash/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const WAV = Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVEfmt '), Buffer.alloc(2000)]);
const THAW: ThawOptions = { days: 3, tier: 'Standard' };
const actor = systemActor('spec');

const kindOf = (name: string, keyTemplate: string, retentionClass: RetentionClass, ifTaken: 'suffix' | 'place') =>
  new FileKind({ name, keyTemplate, ifTaken, accepts: [FormatFamily.Audio], retentionClass, linkable: true });
const original = kindOf('spec-original', 'temp/uploads/{id}/{filename}', RetentionClass.Original, 'suffix');
const result = kindOf('spec-result', 'temp/exports/{id}/{filename}', RetentionClass.Result, 'suffix');
const secret = new FileKind({
  name: 'spec-secret',
  keyTemplate: 'temp/processing/{id}/{filename}',
  ifTaken: 'suffix',
  accepts: [FormatFamily.Audio],
  retentionClass: RetentionClass.Temporary,
  linkable: false,
});
const sign = kindOf(
  'spec-sign',
  'media/organization-logos/{organizationId}/{name}.{ext}',
  RetentionClass.Picture,
  'place',
);

/** The real time, moved. */
class MovedClock extends Clock {
  offsetMs = 0;
  override now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }
}

/** The local store, with an archive. */
class Archive {
  readonly facts = new Map<string, Pick<ObjectInfo, 'storageClass' | 'availability'>>();
  asked: string[] = [];
  thaws: string[] = [];
  away = false;

  around(inner: ObjectStorage): ObjectStorage {
    const overrides: Partial<ObjectStorage> = {
      head: async (key) => {
        this.asked.push(key);
        const info = await inner.head(key);
        return info && { ...info, ...this.facts.get(key) };
      },
      thaw: (key) => {
        this.thaws.push(key);
        return Promise.resolve();
      },
      deleteMany: (keys) =>
        this.away ? Promise.reject(new StoreUnavailableError('DeleteObjects')) : inner.deleteMany(keys),
    };
    return new Proxy(inner, {
      get: (target, name) => {
        const value: unknown = Reflect.get(overrides, name) ?? Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }
}

describe('files in an archive', () => {
  const clock = new MovedClock();
  const archive = new Archive();
  const dataDir = mkdtempSync(join(tmpdir(), 'catalyst-archive-'));
  let database: TestDatabase;
  let module: TestingModule;

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
        StorageModule.forFeature([original, result, secret, sign]),
        FilesModule,
        IntakeModule,
        AvailabilityModule,
        LinksModule,
        TrashModule,
      ],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .overrideProvider(ObjectStorage)
      .useFactory({ inject: [Store], factory: (store: Store) => archive.around(store.storage) })
      .compile();
    await module.init();
  });
  beforeEach(async () => {
    clock.offsetMs = 0;
    archive.asked = [];
    archive.thaws = [];
    archive.away = false;
    archive.facts.clear();
    await module.get(EntityManager).fork().execute(`update stored_file set availability = 'available'`);
  });
  afterAll(async () => {
    await module.close();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
    delete process.env['DATA_DIR'];
  });

  async function store(kind: FileKind, id: string, references: { sourceFileId?: string } = {}): Promise<StoredFile> {
    const intake = module.get(FileIntake);
    const sent = await intake.send({
      kind,
      parameters: { id, organizationId: id, name: 'logo' },
      references,
      filename: 'a.wav',
      body: Readable.from([WAV]),
      actor,
    });
    if (sent.state !== 'sent') throw new Error('not sent');
    const [file] = await intake.confirm([sent], { actor });
    archive.asked = [];
    return file!;
  }
  const says = ({ key }: StoredFile, state: ObjectInfo['availability']['state'], until?: Date): void => {
    archive.facts.set(key, { storageClass: 'GLACIER', availability: { state, ...(until && { until }) } });
  };
  const read = (id: string): Promise<StoredFile> => module.get(FilesService).get(id);
  const startedAt = Math.floor(Date.now() / 1000) * 1000;
  const inMinutes = (minutes: number): Date => new Date(startedAt + minutes * 60_000);

  it('are asked for before a link only where lifecycle rules may have archived them', async () => {
    const [recording, waveform] = [await store(original, 'a1'), await store(result, 'a1')];
    await module.get(FileAvailability).examine([recording, waveform]);
    expect(archive.asked).toEqual([recording.key]);
    const em = module.get(EntityManager).fork();
    await em.execute(`update stored_file set availability = 'archived' where id = ?`, [waveform.id]);
    await module.get(FileAvailability).examine([await read(waveform.id)]);
    expect(archive.asked).toEqual([recording.key, waveform.key]);
    expect((await read(waveform.id)).availability).toBe('available');
  });

  it('are told apart from the rest of a list, with the time until which that can be read', async () => {
    const files = [];
    for (let count = 0; count < 12; count += 1) files.push(await store(original, 'a2'));
    const availability = module.get(FileAvailability);
    expect(await availability.examine(files)).toEqual({ refused: [], until: undefined });
    says(files[3]!, 'thawed', inMinutes(50));
    says(files[9]!, 'thawed', inMinutes(40));
    expect(await availability.examine(files)).toEqual({ refused: [], until: inMinutes(40) });
    says(files[11]!, 'archived');
    const [refused] = (await availability.examine(files)).refused;
    expect(refused?.fileId).toBe(files[11]!.id);
    expect(refused?.reason).toMatchObject({
      code: 'ARCHIVED',
      details: { fileId: files[11]!.id, how: `POST /v1/files/${files[11]!.id}/thaw` },
    });
  });

  it('give links that end before they are archived again', async () => {
    const file = await store(original, 'a3');
    says(file, 'thawed', inMinutes(5));
    const { expiresAt } = await module
      .get(LinksService)
      .create(file.id, { request: { expiresInSeconds: 3600 }, actor });
    expect(expiresAt.getTime()).toBeLessThanOrEqual(inMinutes(5).getTime());
    expect(expiresAt.getTime()).toBeGreaterThan(inMinutes(4).getTime());
  });

  it('are followed from the thaw until they are archived again, once a minute', async () => {
    const file = await store(original, 'a4');
    const sweeper = module.get(FileSweeper);
    says(file, 'archived');
    await module.get(FileThaws).thaw({ id: file.id, options: THAW, actor });
    expect(archive.thaws).toEqual([file.key]);
    says(file, 'thawing');
    archive.asked = [];
    expect(await sweeper.sweep()).toMatchObject({ thawsFollowed: 0 });
    clock.offsetMs = 61_000;
    expect(await sweeper.sweep()).toMatchObject({ thawsFollowed: 1 });
    expect(archive.asked).toEqual([file.key]);

    says(file, 'thawed', inMinutes(10));
    clock.offsetMs = 130_000;
    expect(await sweeper.sweep()).toMatchObject({ thawsFollowed: 1 });
    expect(await read(file.id)).toMatchObject({ availability: 'thawed', availableUntil: inMinutes(10) });
    clock.offsetMs = 200_000;
    expect(await sweeper.sweep()).toMatchObject({ thawsFollowed: 0 });

    says(file, 'archived');
    clock.offsetMs = 11 * 60_000;
    expect(await sweeper.sweep()).toMatchObject({ thawsFollowed: 1 });
    expect(await read(file.id)).toMatchObject({
      availability: 'archived',
      availableUntil: null,
      storageClass: 'GLACIER',
    });
  });

  it('are asked of the store once, by how many nodes so ever', async () => {
    const file = await store(original, 'a5');
    says(file, 'archived');
    await module.get(FileThaws).thaw({ id: file.id, options: THAW, actor });
    says(file, 'thawing');
    clock.offsetMs = 61_000;
    archive.asked = [];
    await Promise.all(Array.from({ length: 5 }, () => module.get(FileThaws).follow()));
    expect(archive.asked).toEqual([file.key]);
  });

  it('whose objects are gone do not keep a sweep from the others', async () => {
    const [gone, other] = [await store(original, 'a6'), await store(original, 'a6')];
    for (const file of [gone, other]) {
      says(file, 'archived');
      await module.get(FileThaws).thaw({ id: file.id, options: THAW, actor });
      says(file, 'thawed', inMinutes(60));
    }
    await module.get(ObjectStorage).delete(gone.key);
    clock.offsetMs = 61_000;
    await module.get(FileThaws).follow();
    expect((await read(other.id)).availability).toBe('thawed');
  });

  it('of kinds that are not given out are not: by link, by redirect, or through the service', async () => {
    const { id } = await store(secret, 's1');
    const refused = { kind: 'forbidden', code: 'NOT_LINKABLE' };
    await expect(module.get(LinksService).create(id, { request: {}, actor })).rejects.toMatchObject(refused);
    for (const proxy of [true, false]) {
      const http = { method: 'GET', headers: {} };
      await expect(module.get(FileContent).deliver({ id, asked: { proxy }, http, actor })).rejects.toMatchObject(
        refused,
      );
    }
  });

  describe('that are purged', () => {
    it('take along what was made of them, and leave what is stored', async () => {
      const source = await store(original, 'p1');
      const [one, two] = [
        await store(result, 'p1', { sourceFileId: source.id }),
        await store(result, 'p1', { sourceFileId: source.id }),
      ];
      const other = await store(original, 'p1');
      await module.get(FilesService).trash(source.id, actor);
      await module.get(FileTrash).purge(source.id, actor);
      for (const { id, key } of [source, one, two]) {
        await expect(read(id)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
        expect(await module.get(ObjectStorage).head(key)).toBeUndefined();
      }
      expect((await read(other.id)).status).toBe('stored');
    });

    it('stay on their way out while the store is away, and then go', async () => {
      const file = await store(original, 'p2');
      await module.get(FilesService).trash(file.id, actor);
      archive.away = true;
      await module.get(FileTrash).purge(file.id, actor);
      await module.get(FileTrash).purge(file.id, actor);
      expect((await read(file.id)).status).toBe('purging');
      await expect(module.get(FilesService).restore(file.id, actor)).rejects.toMatchObject({
        code: 'FILE_NOT_TRASHED',
      });
      archive.away = false;
      expect(await module.get(FileSweeper).sweep()).toMatchObject({ purged: 0 });
      clock.offsetMs = 121_000;
      expect(await module.get(FileSweeper).sweep()).toMatchObject({ purged: 1 });
      await expect(read(file.id)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    });

    it('leave the place to the revision that has it', async () => {
      const first = await store(sign, 'p3');
      const second = await store(sign, 'p3');
      expect((await read(first.id)).status).toBe('trashed');
      await module.get(FileTrash).purge(first.id, actor);
      await module.get(FileSweeper).sweep();
      expect((await read(second.id)).status).toBe('stored');
      expect(await module.get(ObjectStorage).head('media/organization-logos/p3/logo.wav')).toBeDefined();
    });
  });
});
