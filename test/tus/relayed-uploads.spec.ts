import 'reflect-metadata';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';

import { Test, type TestingModule } from '@nestjs/testing';
import { IsOptional, IsString } from 'class-validator';
import { systemActor } from '../../src/auth/index.js';
import { Clock, ConfigurationModule } from '../../src/config/index.js';
import { DatabaseModule, DatabaseServer } from '../../src/database/index.js';
import { DirectUploadsModule, Upload, UploadTarget } from '../../src/direct-uploads/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { FilesService } from '../../src/files/index.js';
import { FileKind, FormatFamily, ObjectStorage, RetentionClass, StorageModule } from '../../src/storage/index.js';
import { TusModule, TusReaper } from '../../src/tus/index.js';
import { RelayReceiver } from '../../src/tus/relay-receiver.js';
import { RelayRecords } from '../../src/tus/relay-records.js';
import { RelayStore } from '../../src/tus/relay-store.js';
import { TusUploads } from '../../src/tus/tus-uploads.js';
import { UploadGoneError, UploadLockedError } from '../../src/tus/tus.errors.js';
import type { UploadLease } from '../../src/tus/upload-lease.js';
import { UploadLeases } from '../../src/tus/upload-leases.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const MIB = 1024 * 1024;
const actor = systemActor('spec');
const wav = (bytes: number): Buffer => Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVEfmt '), randomBytes(bytes - 16)]);
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const nobodyAsks = { onRequested: () => undefined };

const kind = new FileKind({
  name: 'spec-recording',
  keyTemplate: 'temp/exports/{id}/{filename}',
  ifTaken: 'suffix',
  accepts: [FormatFamily.Audio],
  retentionClass: RetentionClass.Original,
  linkable: true,
});

class Parameters {
  @IsOptional()
  @IsString()
  note?: string;
}

@Injectable()
class Targets {
  @UploadTarget(kind, { parameters: Parameters, event: 'RECORDING_UPLOADED' })
  recording() {
    return { parameters: { id: 'spec' }, references: {} };
  }
}

/** The real time, moved. */
class MovedClock extends Clock {
  offsetMs = 0;
  override now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }
}

describe('relayed uploads', () => {
  const clock = new MovedClock();
  let dataDir: string;
  let database: TestDatabase;
  let module: TestingModule;
  let storage: ObjectStorage;
  let leases: UploadLeases;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'catalyst-tus-'));
    database = await createTestDatabase();
    process.env['DATA_DIR'] = dataDir;
    process.env['MULTIPART_PART_SIZE_MB'] = '5';
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
        StorageModule.forFeature([kind]),
        DirectUploadsModule,
        TusModule,
      ],
      providers: [Targets],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    await module.init();
    storage = get(ObjectStorage);
    leases = get(UploadLeases);
  });

  afterEach(() => {
    clock.offsetMs = 0;
  });

  afterAll(async () => {
    await module.close();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
    delete process.env['DATA_DIR'];
    delete process.env['MULTIPART_PART_SIZE_MB'];
  });

  function get<T>(type: abstract new (...parameters: never[]) => T): T {
    return module.get<T>(type, { strict: false });
  }

  async function open(sizeBytes: number | null): Promise<string> {
    const metadata = { kind: kind.name, filename: 'a.wav' };
    return get(TusUploads).open({ metadata, metadataText: null, sizeBytes, actor });
  }

  async function held(lease: UploadLease) {
    const { upload } = await get(TusUploads).state(lease.uploadId);
    return { upload, lease };
  }

  /** One request, whose connection breaks at the end of these bytes. */
  async function send(id: string, bytes: Buffer): Promise<number> {
    const lease = await leases.acquire(id, nobodyAsks);
    try {
      return await get(RelayReceiver).receive(await held(lease), Readable.from([bytes]), actor);
    } finally {
      await leases.release(lease);
    }
  }

  async function uploadOf(id: string): Promise<Upload> {
    return get(EntityManager).fork().findOneOrFail(Upload, { id });
  }

  async function expectContent(id: string, bytes: Buffer): Promise<void> {
    const { fileId } = await uploadOf(id);
    const { key, status } = await get(FilesService).get(fileId);
    expect(status).toBe('stored');
    const content = await storage.find(key);
    expect(digest(await buffer(content!.body))).toBe(digest(bytes));
  }

  async function beside(id: string): Promise<readonly string[]> {
    const { fileId, key } = await uploadOf(id);
    const { objects } = await storage.list({ prefix: `temp/uploads/${fileId}/` });
    const { uploads } = await storage.listUploads({ prefix: key });
    return [...objects, ...uploads].map((found) => found.key);
  }

  it('hold nothing of a holder that lost its lease, whatever it still writes', async () => {
    const bytes = wav(12 * MIB);
    const id = await open(bytes.length);
    await send(id, bytes.subarray(0, 5 * MIB));
    const stale = await held(await leases.acquire(id, nobodyAsks));
    const from = await get(RelayRecords).get(id);
    await get(EntityManager)
      .fork()
      .execute("update tus_upload set lease_until = now() - interval '1 second' where upload_id = ?", [id]);

    const lease = await leases.acquire(id, nobodyAsks);
    await get(RelayReceiver).receive(await held(lease), Readable.from([bytes.subarray(5 * MIB, 11 * MIB)]), actor);
    // Late: the store takes it, and no row does.
    const others = randomBytes(5 * MIB);
    await expect(get(RelayStore).sendPart(stale, from, others)).rejects.toThrow(UploadLockedError);
    await expect(get(RelayStore).keepTail(stale, from, { bytes: others, instead: false })).rejects.toThrow(
      UploadLockedError,
    );
    await leases.release(stale.lease);
    await get(RelayReceiver).receive(await held(lease), Readable.from([bytes.subarray(11 * MIB)]), actor);
    await leases.release(lease);
    await expectContent(id, bytes);
    expect(await beside(id)).toEqual([]);
  });

  it('are given up when their time is up, and leave nothing', async () => {
    const id = await open(12 * MIB);
    await send(id, wav(6 * MIB));
    expect(await beside(id)).toHaveLength(2);
    expect(await get(TusReaper).reap()).toMatchObject({ expired: 0, completed: 0 });
    clock.offsetMs = 8 * 86_400_000;
    expect(await get(TusReaper).reap()).toMatchObject({ expired: 1, completed: 0 });
    expect(await beside(id)).toEqual([]);
    expect(await uploadOf(id)).toMatchObject({ status: 'expired', reason: 'UPLOAD_EXPIRED' });
    await expect(get(TusUploads).state(id)).rejects.toThrow(UploadGoneError);
  });

  it('are left alone while somebody holds them, and every acknowledged byte puts their end off', async () => {
    const id = await open(12 * MIB);
    const lease = await leases.acquire(id, nobodyAsks);
    clock.offsetMs = 8 * 86_400_000;
    expect(await get(TusReaper).reap()).toMatchObject({ expired: 0 });
    const upload = await uploadOf(id);
    await get(RelayReceiver).receive({ upload, lease }, Readable.from([wav(MIB)]), actor);
    await leases.release(lease);
    expect(await get(TusReaper).reap()).toMatchObject({ expired: 0 });
    expect((await uploadOf(id)).expiresAt.getTime()).toBeGreaterThan(clock.now().getTime());
  });

  it('are confirmed when all of them came and nobody waited', async () => {
    const bytes = wav(6 * MIB);
    const id = await open(null);
    await send(id, bytes);
    await get(EntityManager)
      .fork()
      .execute('update upload set declared_size_bytes = ? where id = ?', [bytes.length, id]);
    expect(await get(TusReaper).reap()).toMatchObject({ completed: 1, expired: 0 });
    await expectContent(id, bytes);
    expect(await beside(id)).toEqual([]);
  });

  it('are looked at once more, for what came late', async () => {
    const bytes = wav(MIB);
    const id = await open(bytes.length);
    await send(id, bytes);
    const { fileId, key } = await uploadOf(id);
    const late = `temp/uploads/${fileId}/tail-1-9`;
    await storage.put(late, Readable.from(['late']), { contentType: 'text/plain' });
    await storage.createMultipart(key, { contentType: 'audio/wav' });
    expect(await get(TusReaper).reap()).toMatchObject({ cleared: 0 });
    clock.offsetMs = 3_600_000;
    await get(TusReaper).reap();
    expect(await beside(id)).toEqual([]);
    await expectContent(id, bytes);
  });

  it('are given up when somebody removed their parts from the bucket', async () => {
    const id = await open(12 * MIB);
    await send(id, wav(6 * MIB));
    const { key, storeUploadId } = await uploadOf(id);
    await storage.abortMultipart({ key, uploadId: storeUploadId ?? '' });
    await expect(send(id, randomBytes(6 * MIB))).rejects.toThrow(UploadGoneError);
    expect(await uploadOf(id)).toMatchObject({ status: 'aborted', reason: 'UPLOAD_MISSING' });
    expect(await beside(id)).toEqual([]);
  });
});
