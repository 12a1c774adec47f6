import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { EntityManager } from '@mikro-orm/postgresql';
import { Logger } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { systemActor } from '../../src/auth/index.js';
import { Clock, ConfigurationModule } from '../../src/config/index.js';
import { DatabaseModule, DatabaseServer } from '../../src/database/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { FilesModule, FilesService, StoredFile } from '../../src/files/index.js';
import { FileIntake, IntakeModule, type SentFile } from '../../src/intake/index.js';
import {
  FileKind,
  FormatFamily,
  ObjectStorage,
  RetentionClass,
  StorageModule,
  StoreRefusedError,
  StoreUnavailableError,
} from '../../src/storage/index.js';
import { FileSweeper, TrashModule } from '../../src/trash/index.js';
import { UsageService } from '../../src/usage/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const DAY_MS = 86_400_000;
const WAV = Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVEfmt '), Buffer.alloc(2000)]);
const actor = systemActor('spec');

const note = new FileKind({
  name: 'spec-note',
  keyTemplate: 'temp/uploads/{id}/{filename}',
  ifTaken: 'suffix',
  accepts: [FormatFamily.Audio],
  retentionClass: RetentionClass.Temporary,
  linkable: true,
});
const sign = new FileKind({
  name: 'spec-sign',
  keyTemplate: 'media/organization-logos/{organizationId}/{name}.{ext}',
  ifTaken: 'place',
  accepts: ['.wav'],
  retentionClass: RetentionClass.Picture,
  linkable: true,
});

/** The real time, moved. */
class MovedClock extends Clock {
  offsetMs = 0;
  override now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }
}

describe('files', () => {
  const clock = new MovedClock();
  const dataDir = mkdtempSync(join(tmpdir(), 'catalyst-files-'));
  let database: TestDatabase;
  let module: TestingModule;
  let intake: FileIntake;
  let files: FilesService;
  let sweeper: FileSweeper;
  let storage: ObjectStorage;

  beforeAll(async () => {
    database = await createTestDatabase();
    process.env['DATA_DIR'] = dataDir;
    process.env['UPLOAD_LEASE_SECONDS'] = '6';
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
        StorageModule.forFeature([note, sign]),
        FilesModule,
        IntakeModule,
        TrashModule,
      ],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    await module.init();
    intake = module.get(FileIntake);
    files = module.get(FilesService);
    sweeper = module.get(FileSweeper);
    storage = module.get(ObjectStorage);
  });

  afterEach(() => {
    clock.offsetMs = 0;
  });

  afterAll(async () => {
    await module.close();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
    delete process.env['DATA_DIR'];
    delete process.env['UPLOAD_LEASE_SECONDS'];
  });

  function incoming(id: string, body: Readable = Readable.from([WAV]), filename = 'a.wav') {
    return { kind: note, parameters: { id }, references: {}, filename, body, actor };
  }

  async function send(file: Parameters<FileIntake['send']>[0]): Promise<SentFile> {
    const sent = await intake.send(file);
    if (sent.state !== 'sent') throw new Error('not sent');
    return sent;
  }

  async function store(id: string, filename?: string): Promise<StoredFile> {
    const [file] = await intake.confirm([await send(incoming(id, Readable.from([WAV]), filename))], { actor });
    return file!;
  }

  async function storeSign(organizationId: string, bytes = WAV): Promise<StoredFile> {
    const sent = await send({
      kind: sign,
      parameters: { organizationId, name: 'logo' },
      references: {},
      filename: 'logo.wav',
      body: Readable.from([bytes]),
      actor,
    });
    const [file] = await intake.confirm([sent], { actor });
    return file!;
  }

  async function keysBelow(prefix: string): Promise<string[]> {
    return (await storage.list({ prefix })).objects.map((object) => object.key);
  }

  function rows(): Promise<{ id: string; status: string }[]> {
    return module.get(EntityManager).fork().execute('select id, status from stored_file order by id');
  }

  it('gives files of one name the numbers 2, 3, ... and never a key twice, even after the first is gone', async () => {
    const [first, second] = await Promise.all([store('s1'), store('s1')]);
    expect([first.key, second.key].sort()).toEqual(['temp/uploads/s1/a-2.wav', 'temp/uploads/s1/a.wav']);
    await files.trash(first.id, actor);
    await files.trash(second.id, actor);
    clock.offsetMs = 31 * DAY_MS;
    expect(await sweeper.sweep()).toMatchObject({ expired: 2, purged: 2 });
    expect(await keysBelow('temp/uploads/s1/')).toEqual([]);
    clock.offsetMs = 0;
    expect((await store('s1')).key).toBe('temp/uploads/s1/a-3.wav');
  });

  it('takes a file away whose sender was not heard of again, and tells the sender so', async () => {
    const sent = await send(incoming('s2'));
    clock.offsetMs = 10_000;
    expect(await sweeper.sweep()).toMatchObject({ abandoned: 1, purged: 1 });
    await expect(intake.confirm([sent], { actor })).rejects.toMatchObject({
      code: expect.stringMatching(/OBJECT_DIFFERS|UPLOAD_EXPIRED/),
    });
    expect(await keysBelow('temp/uploads/s2/')).toEqual([]);
    expect((await rows()).map((row) => row.id)).not.toContain(sent.fileId);
  });

  it('removes what a sender sends after its row was swept away', async () => {
    const body = new PassThrough();
    body.write(Buffer.concat([WAV, Buffer.alloc(100_000)]));
    const sending = send(incoming('s7', body));
    await sleep(500);
    clock.offsetMs = 10_000;
    expect(await sweeper.sweep()).toMatchObject({ abandoned: 1, purged: 1 });
    body.end();
    const sent = await sending;
    expect(await keysBelow('temp/uploads/s7/')).toEqual([sent.key]);
    await expect(intake.confirm([sent], { actor })).rejects.toMatchObject({ code: 'UPLOAD_EXPIRED' });
    expect(await keysBelow('temp/uploads/s7/')).toEqual([]);
  });

  it('numbers on behind the highest number that a name ever had', async () => {
    const keys = [];
    for (const name of ['n-x.wav', 'n.wav', 'n.wav', 'n.wav', 'n.mp3.wav', 'n-y.wav', 'n.wav'])
      keys.push((await store('s8', name)).key);
    expect(keys.map((key) => key.split('/').at(-1))).toEqual([
      'n-x.wav',
      'n.wav',
      'n-2.wav',
      'n-3.wav',
      'n.mp3.wav',
      'n-y.wav',
      'n-4.wav',
    ]);
  });

  it('leaves a file alone whose bytes still move', async () => {
    const body = new PassThrough();
    body.write(Buffer.concat([WAV, Buffer.alloc(100_000)]));
    const sending = send(incoming('s3', body));
    for (let second = 0; second < 8; second += 1) {
      await sleep(1000);
      body.write(Buffer.alloc(10_000));
    }
    expect(await sweeper.sweep()).toMatchObject({ abandoned: 0 });
    body.end();
    const [file] = await intake.confirm([await sending], { actor });
    expect(file).toMatchObject({ status: 'stored', sizeBytes: WAV.length + 180_000 });
  });

  it('keeps a file whose confirmation is refused out, object and row', async () => {
    const sent = await send(incoming('s4'));
    await expect(intake.confirm([sent], { actor, guard: () => Promise.reject(new Error('not now')) })).rejects.toThrow(
      'not now',
    );
    expect(await keysBelow('temp/uploads/s4/')).toEqual([]);
    await expect(files.get(sent.fileId)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('leaves an object of somebody else where it lies', async () => {
    await storage.put('temp/uploads/s5/a.wav', Readable.from([Buffer.from('theirs')]), { contentType: 'text/plain' });
    await expect(send(incoming('s5'))).rejects.toMatchObject({ code: 'KEY_OCCUPIED' });
    expect((await storage.head('temp/uploads/s5/a.wav'))?.sizeBytes).toBe(6);
    expect((await store('s5')).key).toBe('temp/uploads/s5/a-2.wav');
    expect((await rows()).filter((row) => row.status !== 'stored' && row.status !== 'trashed')).toEqual([]);
  });

  it('brings a file back from the trash for as long as it is there', async () => {
    const file = await store('s6');
    await files.trash(file.id, actor);
    await files.trash(file.id, actor);
    expect((await files.get(file.id)).status).toBe('trashed');
    clock.offsetMs = 29 * DAY_MS;
    await sweeper.sweep();
    expect((await files.restore(file.id, actor)).status).toBe('stored');
    await expect(files.restore(file.id, actor)).rejects.toMatchObject({ code: 'FILE_NOT_TRASHED' });
    expect(await keysBelow('temp/uploads/s6/')).toEqual([file.key]);
  });

  it('have every other part of a sweep done while the store is away, and are purged when it is back', async () => {
    const gone = await store('s-away');
    await files.trash(gone.id, actor);
    await storeSign('o-away');
    clock.offsetMs = 31 * DAY_MS;
    const away = jest.spyOn(storage, 'deleteMany').mockRejectedValue(new StoreUnavailableError('DeleteObjects'));
    await expect(sweeper.sweep()).rejects.toBeInstanceOf(StoreUnavailableError);
    const em = module.get(EntityManager).fork();
    expect(
      await em.execute('select key from place where current_revision_id is distinct from settled_revision_id'),
    ).toEqual([]);
    expect(await em.execute('select * from usage_delta')).toEqual([]);
    away.mockRestore();
    clock.offsetMs += 300_000;
    expect((await sweeper.sweep()).purged).toBeGreaterThan(0);
    await expect(files.get(gone.id)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('keep no other from being purged when the store refuses one of them', async () => {
    const [refused, other] = [await send(incoming('s-refused')), await send(incoming('s-other'))];
    clock.offsetMs = 10_000;
    const listUploads = storage.listUploads.bind(storage);
    const spy = jest.spyOn(storage, 'listUploads').mockImplementation((options) => {
      if (options?.prefix === refused.key) throw new StoreRefusedError('ListMultipartUploads');
      return listUploads(options);
    });
    const report = await sweeper.sweep();
    expect(report.kept).toBeGreaterThan(0);
    await expect(files.get(other.fileId)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await files.get(refused.fileId)).toMatchObject({ status: 'purging' });
    spy.mockRestore();
    clock.offsetMs = 300_000;
    await sweeper.sweep();
    await expect(files.get(refused.fileId)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('have their usage folded by a sweep, and counted all the same before', async () => {
    const usage = module.get(UsageService);
    await sweeper.sweep();
    const sent = await send({ ...incoming('s9'), references: { ownerId: 'spec-owner' } });
    await intake.confirm([sent], { actor });
    const before = await usage.get({ ownerId: 'spec-owner' });
    expect(before).toMatchObject({ files: 1, sizeBytes: WAV.length });
    expect(await sweeper.sweep()).toMatchObject({ usageFolded: 2 });
    expect(await usage.get({ ownerId: 'spec-owner' })).toEqual(before);
  });

  describe('places', () => {
    it('stand for the newest revision; the one before goes to the trash, and the copy follows', async () => {
      const first = await storeSign('o1');
      await sweeper.sweep();
      const second = await storeSign('o1', Buffer.concat([WAV, WAV]));
      expect((await files.get(first.id)).status).toBe('trashed');
      expect((await storage.head('media/organization-logos/o1/logo.wav'))?.sizeBytes).toBe(WAV.length);
      await sweeper.sweep();
      expect((await storage.head('media/organization-logos/o1/logo.wav'))?.sizeBytes).toBe(2 * WAV.length);
      expect(second.key).toMatch(/^media\/organization-logos\/o1\/\.revisions\/[0-9a-f-]{36}\/logo\.wav$/);
    });

    it('lose their copy with the file, and get it back', async () => {
      const file = await storeSign('o2');
      await sweeper.sweep();
      await files.trash(file.id, actor);
      await sweeper.sweep();
      expect(await storage.head('media/organization-logos/o2/logo.wav')).toBeUndefined();
      await files.restore(file.id, actor);
      await sweeper.sweep();
      expect((await storage.head('media/organization-logos/o2/logo.wav'))?.sizeBytes).toBe(WAV.length);
    });

    it('go back to an older revision that is restored; the newer one goes to the trash', async () => {
      const first = await storeSign('o4');
      const second = await storeSign('o4', Buffer.concat([WAV, WAV]));
      await files.restore(first.id, actor);
      expect((await files.get(second.id)).status).toBe('trashed');
      await sweeper.sweep();
      expect((await storage.head('media/organization-logos/o4/logo.wav'))?.sizeBytes).toBe(WAV.length);
    });

    it('end with one current revision, however many come at once', async () => {
      await Promise.all(Array.from({ length: 8 }, () => storeSign('o3')));
      const em = module.get(EntityManager).fork();
      const current = await em.execute<{ id: string }[]>(
        `select f.id from stored_file f join place p on p.key = f.place_key and p.current_revision_id = f.revision_id
         where p.key = 'media/organization-logos/o3/logo.wav' and f.status = 'stored'`,
      );
      const stored = await em.execute<{ id: string }[]>(
        `select id from stored_file where place_key = 'media/organization-logos/o3/logo.wav' and status = 'stored'`,
      );
      expect(current).toHaveLength(1);
      expect(stored).toEqual(current);
    });
  });

  describe('requests with an Idempotency-Key', () => {
    const request = () => ({ principalId: 'p1', key: randomUUID(), fingerprint: 'f1' });

    it('take effect once, and are answered alike', async () => {
      const idempotent = request();
      const sent = await send({ ...incoming('i1'), idempotent });
      await expect(send({ ...incoming('i1'), idempotent })).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' });
      const [file] = await intake.confirm([sent], { actor, answer: ({ id }) => ({ id }) });
      expect(await intake.send({ ...incoming('i1'), idempotent })).toEqual({
        state: 'replayed',
        answer: { id: file!.id },
      });
      await expect(send({ ...incoming('i1'), idempotent: { ...idempotent, fingerprint: 'f2' } })).rejects.toMatchObject(
        {
          code: 'IDEMPOTENCY_KEY_REUSED',
        },
      );
    });

    it('may be sent again at once after a failure', async () => {
      const idempotent = request();
      await expect(
        send({ ...incoming('i2', Readable.from([Buffer.from('<html>')])), idempotent }),
      ).rejects.toMatchObject({
        code: 'TYPE_NOT_ACCEPTED',
      });
      const sent = await send({ ...incoming('i2'), idempotent });
      await intake.discard([sent], actor, { reason: 'SPEC' });
      expect((await send({ ...incoming('i2'), idempotent })).state).toBe('sent');
    });

    it('are taken over from a holder that died, whose file then does not count', async () => {
      const idempotent = request();
      const dead = await send({ ...incoming('i3'), idempotent });
      clock.offsetMs = 10_000;
      const heir = await send({ ...incoming('i3'), idempotent });
      clock.offsetMs = 0;
      await expect(intake.confirm([dead], { actor })).rejects.toMatchObject({ code: 'IDEMPOTENCY_LOST' });
      const [file] = await intake.confirm([heir], { actor, answer: () => 'kept' });
      expect(file!.id).toBe(heir.fileId);
    });

    it('count anew after a day', async () => {
      const idempotent = request();
      await intake.confirm([await send({ ...incoming('i4'), idempotent })], { actor, answer: () => 'old' });
      clock.offsetMs = DAY_MS + 1000;
      expect((await send({ ...incoming('i4'), idempotent: { ...idempotent, fingerprint: 'other' } })).state).toBe(
        'sent',
      );
    });
  });
});
