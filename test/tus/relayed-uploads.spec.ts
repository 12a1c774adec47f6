import 'reflect-metadata';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { IsOptional, IsString } from 'class-validator';
import { systemActor, type Actor } from '../../src/auth/index.js';
import { Clock, ConfigurationModule } from '../../src/config/index.js';
import { DatabaseModule, DatabaseServer } from '../../src/database/index.js';
import {
  DirectUploadsModule,
  Upload,
  UploadCompletion,
  UploadReaper,
  UploadTarget,
} from '../../src/direct-uploads/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { FilesService } from '../../src/files/index.js';
import { FileLostError, ObjectAbsentError } from '../../src/intake/index.js';
import { StoreFullError } from '../../src/object-storage/index.js';
import {
  FileKind,
  FormatFamily,
  InvalidPartError,
  ObjectStorage,
  RetentionClass,
  StorageModule,
  StoreUnavailableError,
} from '../../src/storage/index.js';
import { TusModule, TusReaper } from '../../src/tus/index.js';
import { RelayFinisher } from '../../src/tus/relay-finisher.js';
import { RelayReceiver } from '../../src/tus/relay-receiver.js';
import { RelayRecords } from '../../src/tus/relay-records.js';
import { RelayStore } from '../../src/tus/relay-store.js';
import { TusEndings } from '../../src/tus/tus-endings.js';
import { TusUploads } from '../../src/tus/tus-uploads.js';
import {
  TusRequestError,
  UploadGoneError,
  UploadLockedError,
  UploadPartsUnexpectedError,
} from '../../src/tus/tus.errors.js';
import type { UploadLease } from '../../src/tus/upload-lease.js';
import { UploadLeases } from '../../src/tus/upload-leases.js';
import { QuotaExceededError, Quotas } from '../../src/usage/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
const NOTHING_DONE = { completed: 0, rejected: 0, expired: 0, cleared: 0, deferred: 0 };
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
    // The rounds are the spec's own.
    for (const job of [TusReaper, UploadReaper])
      Object.assign(module.get(job, { strict: false }), { tick: () => Promise.resolve() });
    await module.init();
    storage = get(ObjectStorage);
    leases = get(UploadLeases);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    clock.offsetMs = 0;
    await get(EntityManager).fork().execute('delete from upload');
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

  async function open(sizeBytes: number | null, by: Actor = actor): Promise<string> {
    const metadata = { kind: kind.name, filename: 'a.wav' };
    return get(TusUploads).open({ metadata, metadataText: null, sizeBytes, actor: by });
  }

  async function held(lease: UploadLease) {
    const { upload } = await get(TusUploads).state(lease.uploadId);
    return { upload, lease };
  }

  /** Its holder has not renewed it for too long. */
  async function expireLease(id: string): Promise<void> {
    await get(EntityManager)
      .fork()
      .execute("update tus_upload set lease_until = now() - interval '1 second' where upload_id = ?", [id]);
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
    await expireLease(id);

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

  describe('whose holder lost its lease and does not know', () => {
    /** The lease of one that stands still, after which another went on. */
    async function overtaken(id: string): Promise<{ stale: Awaited<ReturnType<typeof held>>; lease: UploadLease }> {
      const stale = await held(await leases.acquire(id, nobodyAsks));
      await expireLease(id);
      return { stale, lease: await leases.acquire(id, nobodyAsks) };
    }

    it('stay when it misses a tail that the new holder has put into a part', async () => {
      const bytes = wav(12 * MIB);
      const id = await open(bytes.length);
      await send(id, bytes.subarray(0, 2 * MIB));
      const { stale, lease } = await overtaken(id);
      const records = get(RelayRecords);
      const before = await records.get(id);
      await get(RelayReceiver).receive(await held(lease), Readable.from([bytes.subarray(2 * MIB, 7 * MIB)]), actor);
      // It had read its rows before the other one moved them.
      jest.spyOn(records, 'get').mockResolvedValueOnce(before);
      const late = get(RelayReceiver).receive(stale, Readable.from([bytes.subarray(2 * MIB, 8 * MIB)]), actor);
      await expect(late).rejects.toThrow(UploadLockedError);
      await get(RelayReceiver).receive(await held(lease), Readable.from([bytes.subarray(7 * MIB)]), actor);
      await leases.release(lease);
      await expectContent(id, bytes);
    });

    it('stay when it misses the parts that the new holder has just joined', async () => {
      const bytes = wav(7 * MIB);
      const id = await open(bytes.length);
      await send(id, bytes.subarray(0, 5 * MIB));
      const { stale, lease } = await overtaken(id);
      const before = await get(RelayRecords).get(id);
      const completion = get(UploadCompletion);
      const complete = completion.complete.bind(completion);
      jest.spyOn(completion, 'complete').mockImplementationOnce(async (...call) => {
        jest.spyOn(get(RelayRecords), 'get').mockResolvedValueOnce(before);
        const late = get(RelayReceiver).receive(stale, Readable.from([bytes.subarray(5 * MIB)]), actor);
        await expect(late).rejects.toThrow(UploadLockedError);
        return complete(...call);
      });
      await get(RelayReceiver).receive(await held(lease), Readable.from([bytes.subarray(5 * MIB)]), actor);
      await leases.release(lease);
      await expectContent(id, bytes);
      expect(await beside(id)).toEqual([]);
    });

    it('stay when it is sent what is no such file, and keep what lies beside them', async () => {
      const bytes = wav(MIB);
      const id = await open(bytes.length);
      const { stale, lease } = await overtaken(id);
      await get(RelayReceiver).receive(await held(lease), Readable.from([bytes.subarray(0, 1000)]), actor);
      const before = { ...(await get(RelayRecords).get(id)), offset: 0, tails: [] };
      jest.spyOn(get(RelayRecords), 'get').mockResolvedValueOnce(before);
      const late = get(RelayReceiver).receive(stale, Readable.from([Buffer.alloc(MIB, 'MZ')]), actor);
      await expect(late).rejects.toThrow(UploadLockedError);
      expect(await uploadOf(id)).toMatchObject({ status: 'open' });
      await get(RelayReceiver).receive(await held(lease), Readable.from([bytes.subarray(1000)]), actor);
      await leases.release(lease);
      await expectContent(id, bytes);
    });

    it('are neither made files nor given up by it', async () => {
      const id = await openComplete();
      const { stale, lease } = await overtaken(id);
      await expect(get(RelayFinisher).finish(stale, actor)).rejects.toThrow(UploadLockedError);
      await expect(get(RelayFinisher).giveUpLost(stale, actor)).rejects.toThrow(UploadLockedError);
      clock.offsetMs = 8 * DAY_MS;
      jest.spyOn(get(RelayFinisher), 'finish').mockRejectedValueOnce(new ObjectAbsentError());
      await expect(get(TusEndings).end(stale.lease, actor)).rejects.toThrow(UploadLockedError);
      await get(RelayFinisher).finish({ upload: await uploadOf(id), lease }, actor);
      expect(await uploadOf(id)).toMatchObject({ status: 'completed' });
      await leases.release(lease);
    });
  });

  describe('of which the store has a part that no row names', () => {
    /** A holder sends the next part, and does not live to record it. */
    async function sendUnrecorded(id: string, part: Buffer): Promise<number> {
      const lease = await leases.acquire(id, nobodyAsks);
      const { upload } = await held(lease);
      const { nextPart } = await get(RelayRecords).get(id);
      await storage.uploadPart({ key: upload.key, uploadId: upload.storeUploadId ?? '' }, nextPart, part);
      await expireLease(id);
      return nextPart;
    }

    /** What a request finds when it asks for the offset. */
    async function caughtUp(id: string): Promise<number> {
      const lease = await leases.acquire(id, nobodyAsks);
      await get(RelayReceiver).catchUp(await held(lease));
      await leases.release(lease);
      return (await get(TusUploads).state(id)).offset;
    }

    it('take it in when the answer to it was lost', async () => {
      const bytes = wav(12 * MIB);
      const id = await open(bytes.length);
      const uploadPart = storage.uploadPart.bind(storage);
      jest.spyOn(storage, 'uploadPart').mockImplementationOnce(async (...part) => {
        await uploadPart(...part);
        throw new StoreUnavailableError('UploadPart');
      });
      await expect(send(id, bytes.subarray(0, 6 * MIB))).rejects.toThrow(StoreUnavailableError);
      expect(await caughtUp(id)).toBe(5 * MIB);
      await send(id, bytes.subarray(5 * MIB));
      await expectContent(id, bytes);
      expect(await beside(id)).toEqual([]);
    });

    it('take it in when its holder died, with the tails that it begins with', async () => {
      const bytes = wav(18 * MIB);
      const id = await open(bytes.length);
      await send(id, bytes.subarray(0, 7 * MIB));
      await sendUnrecorded(id, bytes.subarray(5 * MIB, 10 * MIB));
      expect(await caughtUp(id)).toBe(10 * MIB);
      expect(await beside(id)).toHaveLength(1);
      await send(id, bytes.subarray(10 * MIB));
      await expectContent(id, bytes);
    });

    it('take it in when it was the last, and are made files by the reaper', async () => {
      const bytes = wav(8 * MIB);
      const id = await open(bytes.length);
      await send(id, bytes.subarray(0, 5 * MIB));
      await sendUnrecorded(id, bytes.subarray(5 * MIB));
      clock.offsetMs = 8 * DAY_MS;
      expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, completed: 1 });
      await expectContent(id, bytes);
    });

    it.each([
      { what: 'shorter than what was acknowledged', tail: 3 * MIB, part: 2 * MIB },
      { what: 'too small to have others behind it', tail: MIB, part: 2 * MIB },
      { what: 'longer than the file', tail: 0, part: 8 * MIB },
    ])('leave it out where it is $what', async ({ tail, part }) => {
      const bytes = wav(12 * MIB);
      const id = await open(bytes.length);
      await send(id, bytes.subarray(0, 5 * MIB));
      if (tail > 0) await send(id, bytes.subarray(5 * MIB, 5 * MIB + tail));
      await sendUnrecorded(id, randomBytes(part));
      expect(await caughtUp(id)).toBe(5 * MIB + tail);
      await send(id, bytes.subarray(5 * MIB + tail));
      await expectContent(id, bytes);
    });

    /** As Ceph does: all parts that are there, or nothing. */
    function refuseSubsets(): void {
      const complete = storage.completeMultipart.bind(storage);
      jest.spyOn(storage, 'completeMultipart').mockImplementation(async (ref, parts, options) => {
        const { parts: stored } = await storage.listParts(ref);
        if (stored.length !== parts.length) throw new InvalidPartError('not all parts are named');
        return complete(ref, parts, options);
      });
    }

    /** All but the last bytes, and in the midst of them a part that came when the next holder had gone on. */
    async function withStray(bytes: Buffer): Promise<string> {
      const id = await open(bytes.length);
      await send(id, bytes.subarray(0, 5 * MIB));
      const stale = await held(await leases.acquire(id, nobodyAsks));
      const { nextPart } = await get(RelayRecords).get(id);
      await expireLease(id);
      await send(id, bytes.subarray(5 * MIB, 10 * MIB));
      const { key, storeUploadId } = stale.upload;
      await storage.uploadPart({ key, uploadId: storeUploadId ?? '' }, nextPart, randomBytes(6 * MIB));
      return id;
    }

    it('become their file at a store that joins all parts or none', async () => {
      const bytes = wav(12 * MIB);
      const id = await withStray(bytes);
      refuseSubsets();
      await send(id, bytes.subarray(10 * MIB));
      await expectContent(id, bytes);
      expect(await beside(id)).toEqual([]);
    });

    it.each(['put', 'copy', 'delete'] as const)(
      'become it though the store goes away meanwhile (%s)',
      async (operation) => {
        const bytes = wav(12 * MIB);
        const id = await withStray(bytes);
        refuseSubsets();
        const away = jest.spyOn(storage, operation).mockRejectedValue(new StoreUnavailableError(operation));
        await expect(send(id, bytes.subarray(10 * MIB))).rejects.toThrow(StoreUnavailableError);
        expect(await uploadOf(id)).toMatchObject({ status: 'open' });
        away.mockRestore();
        expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, completed: 1 });
        await expectContent(id, bytes);
        expect(await beside(id)).toEqual([]);
      },
    );

    it('become it though the service ends before the parts are joined', async () => {
      const bytes = wav(12 * MIB);
      const id = await withStray(bytes);
      refuseSubsets();
      const records = get(RelayRecords);
      const note = records.noteJoined.bind(records);
      jest.spyOn(records, 'noteJoined').mockImplementationOnce(async (...call) => {
        await note(...call);
        throw new StoreUnavailableError('CompleteMultipartUpload');
      });
      await expect(send(id, bytes.subarray(10 * MIB))).rejects.toThrow(StoreUnavailableError);
      expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, completed: 1 });
      await expectContent(id, bytes);
      expect(await beside(id)).toEqual([]);
    });

    it('are made into the same file by two at once', async () => {
      const bytes = wav(12 * MIB);
      const id = await withStray(bytes);
      refuseSubsets();
      const put = storage.put.bind(storage);
      jest.spyOn(storage, 'put').mockImplementationOnce(async (...call) => {
        await expireLease(id);
        const lease = await leases.acquire(id, nobodyAsks);
        await get(RelayFinisher).finish(await held(lease), actor);
        await leases.release(lease);
        return put(...call);
      });
      await expect(send(id, bytes.subarray(10 * MIB))).rejects.toThrow(UploadLockedError);
      await expectContent(id, bytes);
    });

    it('stay as they are where the store refuses to join what it lists', async () => {
      const bytes = wav(7 * MIB);
      const id = await open(bytes.length);
      jest.spyOn(storage, 'completeMultipart').mockRejectedValue(new InvalidPartError('for no reason'));
      await expect(send(id, bytes)).rejects.toThrow(UploadPartsUnexpectedError);
      expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, deferred: 1 });
      expect(await uploadOf(id)).toMatchObject({ status: 'open' });
      jest.restoreAllMocks();
      expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, completed: 1 });
      await expectContent(id, bytes);
    });
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

  /** All its bytes are there, and their sender does not wait for the end. */
  async function openComplete(): Promise<string> {
    const bytes = wav(1000);
    const id = await open(null);
    await send(id, bytes);
    await get(EntityManager)
      .fork()
      .execute('update upload set declared_size_bytes = ? where id = ?', [bytes.length, id]);
    return id;
  }

  it('are rejected where what nobody announced finds no room in the quota', async () => {
    const id = await openComplete();
    const reading = { scope: 'owner', quotaBytes: 1, usedBytes: 1, reservedBytes: 0 } as const;
    jest.spyOn(get(Quotas), 'assertRoomBeyond').mockRejectedValue(new QuotaExceededError(reading));
    expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, rejected: 1 });
    const upload = await uploadOf(id);
    expect(upload).toMatchObject({ status: 'rejected', reason: 'QUOTA_EXCEEDED' });
    expect(await storage.head(upload.key)).toBeUndefined();
    expect(await beside(id)).toEqual([]);
    expect(await get(TusReaper).reap()).toEqual(NOTHING_DONE);
  });

  it('expire when they are complete and never become a file', async () => {
    const id = await openComplete();
    jest.spyOn(get(UploadCompletion), 'complete').mockRejectedValue(new ObjectAbsentError());
    expect(await get(TusReaper).reap()).toEqual(NOTHING_DONE);
    clock.offsetMs = 8 * DAY_MS;
    expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, expired: 1 });
    expect(await uploadOf(id)).toMatchObject({ status: 'expired', reason: 'UPLOAD_EXPIRED' });
  });

  it.each([new StoreFullError(), new StoreUnavailableError('HeadObject')])(
    'wait while the store cannot take them, however long (%s)',
    async (error) => {
      const id = await openComplete();
      clock.offsetMs = 8 * DAY_MS;
      const complete = jest.spyOn(get(UploadCompletion), 'complete').mockRejectedValue(error);
      expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, deferred: 1 });
      expect(await uploadOf(id)).toMatchObject({ status: 'open' });
      complete.mockRestore();
      expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, completed: 1 });
    },
  );

  it('each have their turn, whatever becomes of the others, and it is said at the end', async () => {
    const [poisoned, sound] = [await openComplete(), await openComplete()].sort();
    const endings = get(TusEndings);
    const end = endings.end.bind(endings);
    jest
      .spyOn(endings, 'end')
      .mockImplementation((lease, by) =>
        lease.uploadId === poisoned ? Promise.reject(new TypeError('poison')) : end(lease, by),
      );
    await expect(get(TusReaper).reap()).rejects.toThrow('1 uploads could not be settled');
    expect(await uploadOf(sound!)).toMatchObject({ status: 'completed' });
    jest.restoreAllMocks();
    expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, completed: 1 });
  });

  it('are cleared up behind, each for itself, and their records stay until then', async () => {
    const [stuck, other] = [await openComplete(), await openComplete()].sort();
    expect(await get(TusReaper).reap()).toMatchObject({ completed: 2 });
    clock.offsetMs = 20 * DAY_MS;
    const { fileId } = await uploadOf(stuck!);
    const late = `temp/uploads/${fileId}/tail-1-9`;
    await storage.put(late, Readable.from(['late']), { contentType: 'text/plain' });
    expect(await get(UploadReaper).reap()).toEqual(NOTHING_DONE);
    const store = get(RelayStore);
    const clear = store.clear.bind(store);
    const failing = jest
      .spyOn(store, 'clear')
      .mockImplementation((upload) =>
        upload.id === stuck ? Promise.reject(new StoreUnavailableError('DeleteObjects')) : clear(upload),
      );
    expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, cleared: 1, deferred: 1 });
    failing.mockImplementation((upload) =>
      upload.id === stuck ? Promise.reject(new TypeError('poison')) : clear(upload),
    );
    await expect(get(TusReaper).reap()).rejects.toThrow('1 uploads could not be settled');
    expect((await get(UploadReaper).reap()).cleared).toBe(1);
    expect(await get(EntityManager).fork().find(Upload, {})).toMatchObject([{ id: stuck }]);
    expect(other).not.toBe(stuck);
    failing.mockRestore();
    expect(await get(TusReaper).reap()).toEqual({ ...NOTHING_DONE, cleared: 1 });
    expect(await storage.head(late)).toBeUndefined();
    expect((await get(UploadReaper).reap()).cleared).toBe(1);
  });

  it('are nothing to the reaper of the others', async () => {
    const id = await open(1000);
    expect((await uploadOf(id)).nextCheckAt ?? null).toBeNull();
    clock.offsetMs = 8 * DAY_MS;
    expect(await get(UploadReaper).reap({ all: true })).toEqual(NOTHING_DONE);
    expect(await uploadOf(id)).toMatchObject({ status: 'open' });
  });

  it('stay what somebody else has made of them meanwhile', async () => {
    const id = await openComplete();
    const lease = await leases.acquire(id, nobodyAsks);
    const stale = await held(lease);
    await get(RelayFinisher).finish(stale, actor);
    await expect(get(RelayFinisher).giveUpLost(stale, actor)).rejects.toThrow(FileLostError);
    expect(await uploadOf(id)).toMatchObject({ status: 'completed' });
    await leases.release(lease);
  });

  it('are opened whole or not at all', async () => {
    jest.spyOn(get(RelayRecords), 'describe').mockRejectedValueOnce(new Error('the database went away'));
    await expect(open(1000)).rejects.toThrow('the database went away');
    expect(await get(EntityManager).fork().count(Upload)).toBe(0);
  });

  describe('whose length is told late', () => {
    const sender = { principal: { id: 'sender', kind: 'api-key', scopes: [] } } as const;

    async function reservedBytes(id: string): Promise<string | undefined> {
      const rows = await get(EntityManager)
        .fork()
        .execute<{ reserved: string }[]>(
          `select reserved_bytes::text as reserved from stored_file
           where id = (select file_id from upload where id = ?)`,
          [id],
        );
      return rows[0]?.reserved;
    }

    it('reserve their room with it', async () => {
      const id = await open(null, sender);
      const lease = await leases.acquire(id, nobodyAsks);
      expect(await reservedBytes(id)).toBe('0');
      await get(TusUploads).declareLength(lease, { sizeBytes: 5000, actor: sender });
      expect(await reservedBytes(id)).toBe('5000');
      await expect(get(TusUploads).declareLength(lease, { sizeBytes: 6000, actor: sender })).rejects.toThrow(
        TusRequestError,
      );
      expect(await reservedBytes(id)).toBe('5000');
      await leases.release(lease);
    });

    it('are rejected where there is none', async () => {
      const id = await open(null, sender);
      const lease = await leases.acquire(id, nobodyAsks);
      const reading = { scope: 'owner', quotaBytes: 1, usedBytes: 1, reservedBytes: 0 } as const;
      jest.spyOn(get(Quotas), 'assertRoomBeyond').mockRejectedValue(new QuotaExceededError(reading));
      const declared = get(TusUploads).declareLength(lease, { sizeBytes: 5000, actor: sender });
      await expect(declared).rejects.toThrow(QuotaExceededError);
      expect(await uploadOf(id)).toMatchObject({ status: 'rejected', reason: 'QUOTA_EXCEEDED' });
      await leases.release(lease);
    });

    it('keep nothing set aside that the service opened itself', async () => {
      const id = await open(null);
      const lease = await leases.acquire(id, nobodyAsks);
      await get(TusUploads).declareLength(lease, { sizeBytes: 5000, actor });
      expect(await reservedBytes(id)).toBeNull();
      await leases.release(lease);
    });
  });
});
