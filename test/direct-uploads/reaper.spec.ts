import 'reflect-metadata';
import { jest } from '@jest/globals';
import { DirectUploads, Upload, UploadCompletion, UploadStrategy, UploadUrls } from '../../src/direct-uploads/index.js';
import { StoreFullError } from '../../src/object-storage/index.js';
import { StoreUnavailableError } from '../../src/storage/index.js';
import { QuotaExceededError, Quotas } from '../../src/usage/index.js';
import { actor, MEBIBYTE, Uploads } from './uploads-module.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const TEXT = Buffer.from('Minutes of a meeting.\n'.repeat(40));
const HTML = Buffer.from('<!doctype html><html><body>'.padEnd(TEXT.length));
const LARGE = Buffer.alloc(6 * MEBIBYTE, TEXT);
const NOTHING_LEFT = { object: false, staged: false, openUploads: 0 };
const NOTHING_DONE = { completed: 0, rejected: 0, expired: 0, cleared: 0, deferred: 0 };

describe('the reaper of uploads', () => {
  let uploads: Uploads;

  beforeAll(async () => {
    uploads = await Uploads.start();
  });
  afterAll(() => uploads.close());
  afterEach(async () => {
    jest.restoreAllMocks();
    uploads.clock.offsetMs = 0;
    await uploads.em.fork().execute('delete from upload');
  });

  const openMany = (count: number): Promise<Upload[]> =>
    Promise.all(Array.from({ length: count }, () => uploads.open(TEXT.length)));
  const form = { strategy: UploadStrategy.Form };

  it.each([
    ['one PUT', TEXT, {}],
    ['a form', TEXT, form],
  ])('confirms what came by %s and nobody completed, and lets its sender be first', async (_, bytes, more) => {
    const upload = await uploads.open(bytes.length, more);
    await uploads.send(upload, bytes);
    expect(await uploads.reaper.reap()).toEqual(NOTHING_DONE);
    uploads.clock.offsetMs = 3 * MINUTE_MS;
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, completed: 1 });
    expect(await uploads.fileOf(upload)).toMatchObject({ status: 'stored', sizeBytes: bytes.length });
    expect(await uploads.uploadOf(upload)).toMatchObject({ status: 'completed', reason: null });
    expect(await uploads.left(upload)).toEqual({ object: true, staged: false, openUploads: 0 });
    expect(await uploads.module.get(UploadCompletion).complete(upload, { actor })).toMatchObject({ id: upload.fileId });
  });

  it('confirms parts that are all there when their upload is over', async () => {
    const upload = await uploads.open(LARGE.length);
    await uploads.send(upload, LARGE);
    uploads.clock.offsetMs = 6 * DAY_MS;
    expect(await uploads.reaper.reap()).toEqual(NOTHING_DONE);
    uploads.clock.offsetMs = 8 * DAY_MS;
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, completed: 1 });
    expect(await uploads.fileOf(upload)).toMatchObject({ status: 'stored', sizeBytes: LARGE.length });
    expect(await uploads.left(upload)).toEqual({ object: true, staged: false, openUploads: 0 });
  });

  it.each([
    ['one PUT', HTML, {}],
    ['a form', HTML, form],
    ['parts', Buffer.concat([HTML, LARGE]), {}],
  ])('rejects what came by %s and may not be stored', async (_, bytes, more) => {
    const upload = await uploads.open(bytes.length, more);
    await uploads.send(upload, bytes);
    uploads.clock.offsetMs = 8 * DAY_MS;
    expect(await uploads.reaper.reap()).toMatchObject({ completed: 0, rejected: 1, expired: 0, deferred: 0 });
    expect(await uploads.fileOf(upload)).toMatchObject({ status: 'rejected', rejectedReason: 'TYPE_NOT_ACCEPTED' });
    expect(await uploads.uploadOf(upload)).toMatchObject({ status: 'rejected', reason: 'TYPE_NOT_ACCEPTED' });
    expect(await uploads.left(upload)).toEqual(NOTHING_LEFT);
  });

  it('gives up what nobody finished, and its reason can be read before the sweeper takes the row', async () => {
    const none = await uploads.open(TEXT.length);
    const part = await uploads.open(LARGE.length);
    await uploads.send(part, LARGE.subarray(0, 5 * MEBIBYTE));
    uploads.clock.offsetMs = 8 * DAY_MS;
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, expired: 2 });
    await uploads.sweeper.sweep();
    for (const upload of [none, part]) {
      expect(await uploads.left(upload)).toEqual(NOTHING_LEFT);
      expect(await uploads.uploadOf(upload)).toMatchObject({ status: 'expired', reason: 'UPLOAD_EXPIRED' });
      expect(await uploads.fileOf(upload)).toMatchObject({ status: 'rejected', rejectedReason: 'UPLOAD_EXPIRED' });
    }
    uploads.clock.offsetMs += DAY_MS + MINUTE_MS;
    await uploads.sweeper.sweep();
    expect(await uploads.fileOf(none)).toBeNull();
    expect(await uploads.fileOf(part)).toBeNull();
    // The upload itself can be asked about for as long again.
    expect((await uploads.reaper.reap()).cleared).toBe(0);
    uploads.clock.offsetMs += 7 * DAY_MS;
    expect((await uploads.reaper.reap()).cleared).toBe(2);
    expect(await uploads.em.fork().count(Upload)).toBe(0);
  });

  it('leaves what is alive alone, however slow it is', async () => {
    const upload = await uploads.open(LARGE.length);
    await uploads.send(upload, LARGE.subarray(0, 5 * MEBIBYTE));
    for (let day = 6; day <= 36; day += 6) {
      uploads.clock.offsetMs = day * DAY_MS;
      expect(await uploads.reaper.reap({ all: true })).toEqual(NOTHING_DONE);
      await uploads.sweeper.sweep();
      await uploads.module.get(UploadUrls).parts(await uploads.uploadOf(upload), { from: 2, count: 1 });
    }
    expect(await uploads.left(upload)).toMatchObject({ openUploads: 1 });
    await uploads.send(upload, LARGE);
    expect(await uploads.module.get(UploadCompletion).complete(upload, { actor })).toMatchObject({ status: 'stored' });
  });

  it('leaves an upload alone whose sender is heard of while the reaper looks at it', async () => {
    const upload = await uploads.open(TEXT.length);
    uploads.clock.offsetMs = 8 * DAY_MS;
    jest.spyOn(uploads.storage, 'head').mockImplementationOnce(async () => {
      await uploads.module.get(UploadUrls).single(upload);
      return undefined;
    });
    expect(await uploads.reaper.reap()).toEqual(NOTHING_DONE);
    expect(await uploads.uploadOf(upload)).toMatchObject({ status: 'open' });
    expect(await uploads.fileOf(upload)).toMatchObject({ status: 'pending', attempt: 1 });
  });

  it('waits for a URL that may still write', async () => {
    const upload = await uploads.open(TEXT.length);
    uploads.clock.offsetMs = 8 * DAY_MS;
    const writableUntil = new Date(uploads.clock.now().getTime() + HOUR_MS);
    await uploads.em.fork().nativeUpdate(Upload, { id: upload.id }, { writableUntil });
    expect(await uploads.reaper.reap()).toEqual(NOTHING_DONE);
    uploads.clock.offsetMs += HOUR_MS + MINUTE_MS;
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, expired: 1 });
  });

  it('gives up soon what was never told to anybody, and nothing that was', async () => {
    const reserved = await uploads.reserve(TEXT.length);
    const unnamed = await uploads.reserve(LARGE.length);
    await uploads.em.fork().nativeUpdate(Upload, { id: unnamed.id }, { storeUploadId: null });
    const told = [await uploads.open(TEXT.length), await uploads.reserve(LARGE.length)];
    uploads.clock.offsetMs = 11 * MINUTE_MS;
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, expired: 2 });
    for (const upload of [reserved, unnamed]) {
      expect(await uploads.uploadOf(upload)).toMatchObject({ status: 'expired', reason: 'NOT_OPENED' });
      expect(await uploads.left(upload)).toEqual(NOTHING_LEFT);
    }
    for (const upload of told) expect(await uploads.uploadOf(upload)).toMatchObject({ status: 'open' });
  });

  it('does everything once where two are at it', async () => {
    const opened = await openMany(30);
    for (const upload of opened.slice(0, 15)) await uploads.send(upload, TEXT);
    uploads.clock.offsetMs = 8 * DAY_MS;
    const reports = await Promise.all([uploads.reaper.reap(), uploads.reaper.reap()]);
    expect(reports.reduce((sum, { completed }) => sum + completed, 0)).toBe(15);
    expect(reports.reduce((sum, { expired }) => sum + expired, 0)).toBe(15);
    const ids = opened.map(({ fileId }) => `'${fileId}'`).join(', ');
    const [events] = await uploads.em.fork().execute<{ stored: number; rejected: number }[]>(
      `select count(*) filter (where action = 'file.stored')::int as stored,
           count(*) filter (where action = 'file.rejected')::int as rejected from audit_event where subject_id in (${ids})`,
    );
    expect(events).toEqual({ stored: 15, rejected: 15 });
  });

  it('defers what the store cannot be asked about, and loses nothing', async () => {
    const upload = await uploads.open(TEXT.length);
    await uploads.send(upload, TEXT);
    uploads.clock.offsetMs = 8 * DAY_MS;
    const head = jest.spyOn(uploads.storage, 'head').mockRejectedValue(new StoreUnavailableError('HeadObject'));
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, deferred: 1 });
    head.mockRestore();
    expect(await uploads.uploadOf(upload)).toMatchObject({ status: 'open' });
    // Not at once: a store that is away is not asked again and again.
    expect(await uploads.reaper.reap()).toEqual(NOTHING_DONE);
    uploads.clock.offsetMs += 6 * MINUTE_MS;
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, completed: 1 });
  });

  it('throws nothing away because the store is full', async () => {
    const upload = await uploads.open(LARGE.length);
    await uploads.send(upload, LARGE);
    uploads.clock.offsetMs = 8 * DAY_MS;
    jest.spyOn(uploads.storage, 'completeMultipart').mockRejectedValueOnce(new StoreFullError());
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, deferred: 1 });
    expect(await uploads.left(upload)).toMatchObject({ openUploads: 1 });
    expect(await uploads.reaper.reap({ all: true })).toEqual({ ...NOTHING_DONE, completed: 1 });
  });

  it('rejects what nobody announced and a quota has no room for', async () => {
    const upload = await uploads.open(TEXT.length);
    await uploads.send(upload, TEXT);
    uploads.clock.offsetMs = 8 * DAY_MS;
    const reading = { scope: 'owner', quotaBytes: 1, usedBytes: 1, reservedBytes: 0 } as const;
    jest
      .spyOn(uploads.module.get(Quotas, { strict: false }), 'assertRoomBeyond')
      .mockRejectedValue(new QuotaExceededError(reading));
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, rejected: 1 });
    expect(await uploads.uploadOf(upload)).toMatchObject({ status: 'rejected', reason: 'QUOTA_EXCEEDED' });
    expect(await uploads.left(upload)).toEqual(NOTHING_LEFT);
  });

  it('gives each its turn, whatever becomes of the others, and says so at the end', async () => {
    const stuck = await openMany(45);
    const last = await uploads.open(TEXT.length);
    await uploads.send(last, TEXT);
    uploads.clock.offsetMs = 8 * DAY_MS;
    const keys = new Map(stuck.map(({ key }, index) => [key, index]));
    const head = uploads.storage.head.bind(uploads.storage);
    jest.spyOn(uploads.storage, 'head').mockImplementation((key) => {
      const index = keys.get(key);
      if (index === undefined) return head(key);
      return Promise.reject(index === 7 ? new TypeError('poison') : new StoreUnavailableError('HeadObject'));
    });
    await expect(uploads.reaper.reap()).rejects.toThrow('1 uploads could not be settled');
    expect(await uploads.uploadOf(last)).toMatchObject({ status: 'completed' });
    jest.restoreAllMocks();
    expect(await uploads.reaper.reap({ all: true })).toEqual({ ...NOTHING_DONE, expired: 45 });
  }, 60_000);

  it('ends a round over more uploads than it takes at once, all of them alive', async () => {
    await openMany(45);
    expect(await uploads.reaper.reap({ all: true })).toEqual(NOTHING_DONE);
    expect(await uploads.reaper.reap({ all: true })).toEqual(NOTHING_DONE);
  }, 60_000);

  it('clears what a form brings again once its URL has expired, and one that will not go keeps no other', async () => {
    const opened: Upload[] = [];
    for (let count = 0; count < 3; count += 1) {
      const upload = await uploads.open(TEXT.length, form);
      await uploads.send(upload, TEXT);
      opened.push(upload);
    }
    const [first, second, aborted] = opened as [Upload, Upload, Upload];
    for (const upload of [first, second]) await uploads.module.get(UploadCompletion).complete(upload, { actor });
    await uploads.module.get(DirectUploads).abort(aborted, actor);
    for (const upload of opened) {
      expect(await uploads.left(upload)).toMatchObject({ staged: false });
      await uploads.send(upload, HTML);
    }
    expect(await uploads.reaper.reap()).toEqual(NOTHING_DONE);
    uploads.clock.offsetMs = 2 * HOUR_MS;
    const remove = uploads.storage.delete.bind(uploads.storage);
    jest
      .spyOn(uploads.storage, 'delete')
      .mockImplementation((key) =>
        key === first.stagedKey ? Promise.reject(new StoreUnavailableError('DeleteObject')) : remove(key),
      );
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, cleared: 2, deferred: 1 });
    jest.restoreAllMocks();
    expect(await uploads.reaper.reap()).toEqual({ ...NOTHING_DONE, cleared: 1 });
    for (const upload of opened) expect(await uploads.left(upload)).toMatchObject({ staged: false });
    expect(await uploads.left(first)).toMatchObject({ object: true });
  });
});
