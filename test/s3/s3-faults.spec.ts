import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import type { ObjectStorage } from '../../src/object-storage/object-storage.js';
import type { S3ObjectStorage } from '../../src/s3-store/s3-object-storage.js';
import {
  BucketMissingError,
  KeyTakenError,
  StoreFullError,
  StoreRefusedError,
  StoreUnavailableError,
  UploadMissingError,
} from '../../src/object-storage/storage.errors.js';
import { startFaultProxy, type FaultEffect, type FaultProxy } from '../support/fault-proxy.js';
import { openTestBucket, TEST_S3_ENDPOINT, WHY_SKIPPED, type TestBucket } from '../support/test-bucket.js';

const MEBIBYTE = 1024 * 1024;
const TIMEOUTS = { connectMs: 1000, idleMs: 800 };
/** Where the store is to answer in the end, a machine that is busy must not look like one that hangs. */
const PATIENT = { connectMs: 5000, idleMs: 5000 };
const SMALL = randomBytes(200_000);
/** Three parts. */
const LARGE = randomBytes(11 * MEBIBYTE);
const TYPE = { contentType: 'application/octet-stream' };

const OUTAGES: readonly FaultEffect[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503 },
  { kind: 'reset' },
  { kind: 'hang' },
];
const STEPS = [
  { operation: 'PutObject', bytes: SMALL, skip: 0 },
  { operation: 'CreateMultipartUpload', bytes: LARGE, skip: 0 },
  { operation: 'UploadPart', bytes: LARGE, skip: 0 },
  { operation: 'UploadPart', bytes: LARGE, skip: 2 },
  { operation: 'CompleteMultipartUpload', bytes: LARGE, skip: 0 },
];
const MATRIX = STEPS.flatMap((step) => OUTAGES.map((effect) => [nameOf(step, effect), step, effect] as const));

function nameOf(step: { operation: string; skip: number }, effect: FaultEffect): string {
  const what = effect.kind === 'status' ? `answers ${effect.status} to` : `does "${effect.kind}" to`;
  return `${what} ${step.operation}${step.skip > 0 ? ` from the ${step.skip + 1}rd on` : ''}`;
}

/** Jest takes a minute to compare 11 MB. */
async function hasBytes(storage: ObjectStorage, key: string, bytes: Buffer): Promise<boolean> {
  const content = await storage.find(key);
  return content !== undefined && Buffer.concat(await content.body.toArray()).equals(bytes);
}

const suite = TEST_S3_ENDPOINT === undefined ? describe.skip : describe;

suite(`S3ObjectStorage before a store that fails${TEST_S3_ENDPOINT === undefined ? `: ${WHY_SKIPPED}` : ''}`, () => {
  let bucket: TestBucket;
  let proxy: FaultProxy;
  /** By way of the proxy. */
  let storage: S3ObjectStorage;
  let key: string;

  beforeAll(async () => {
    bucket = await openTestBucket();
    proxy = await startFaultProxy({ target: TEST_S3_ENDPOINT ?? '' });
  });
  beforeEach(() => {
    proxy.faults.clear();
    proxy.forget();
    // A client whose retries mostly fail soon makes none: the SDK's retry quota, which an outage empties.
    storage = bucket.through(proxy.url, TIMEOUTS).storage;
    key = `${randomBytes(6).toString('hex')}/file`;
  });
  afterAll(async () => {
    await proxy.close();
    await bucket.close();
  });

  const put = (bytes: Buffer, ifAbsent = false) =>
    storage.put(key, Readable.from([bytes], { objectMode: false }), { ...TYPE, ifAbsent });
  const openUploads = async () => (await bucket.storage.listUploads({ prefix: key })).uploads.length;

  describe('for good', () => {
    it.each(MATRIX)('rejects and leaves nothing when it %s', async (_name, { operation, bytes, skip }, effect) => {
      proxy.faults.add({ when: { operation }, skip, effect });
      await expect(put(bytes)).rejects.toBeInstanceOf(StoreUnavailableError);
      expect(await bucket.storage.head(key)).toBeUndefined();
      expect(await openUploads()).toBe(0);
    });

    it('keeps the cause', async () => {
      proxy.faults.add({ effect: { kind: 'status', status: 500 } });
      await expect(put(SMALL)).rejects.toMatchObject({ cause: { name: 'InternalError' } });
    });

    it('rejects soon when the store goes away while the sender pauses', async () => {
      const body = new PassThrough({ highWaterMark: LARGE.length });
      body.write(LARGE);
      proxy.faults.add({ when: { operation: 'UploadPart' }, effect: { kind: 'reset' } });
      await expect(storage.put(key, body, TYPE)).rejects.toBeInstanceOf(StoreUnavailableError);
      expect(body.destroyed).toBe(false);
      body.destroy(new Error('nobody is there to hear this'));
      expect(await openUploads()).toBe(0);
    });

    it('leaves an upload that cannot be aborted to be found and aborted later', async () => {
      proxy.faults.add({ when: { operation: 'UploadPart' }, skip: 1, effect: { kind: 'status', status: 500 } });
      proxy.faults.add({ when: { operation: 'AbortMultipartUpload' }, effect: { kind: 'status', status: 500 } });
      await expect(put(LARGE)).rejects.toBeInstanceOf(StoreUnavailableError);
      const { uploads } = await bucket.storage.listUploads({ prefix: key });
      expect(uploads).toHaveLength(1);
      await bucket.storage.abortMultipart(uploads[0]!);
      expect(await openUploads()).toBe(0);
    });

    it('finds nothing out about an object', async () => {
      await bucket.storage.put(key, Readable.from([SMALL]), TYPE);
      for (const effect of OUTAGES) {
        proxy.faults.clear();
        proxy.faults.add({ effect });
        await expect(storage.head(key)).rejects.toBeInstanceOf(StoreUnavailableError);
        await expect(storage.find(key)).rejects.toBeInstanceOf(StoreUnavailableError);
        await expect(storage.check()).rejects.toBeInstanceOf(StoreUnavailableError);
        await expect(storage.deleteMany([key])).rejects.toBeInstanceOf(StoreUnavailableError);
      }
      expect(await bucket.storage.head(key)).toBeDefined();
    }, 60_000);

    it('says so when nobody listens', async () => {
      const gone = await startFaultProxy({ target: TEST_S3_ENDPOINT ?? '' });
      const away = bucket.through(gone.url, TIMEOUTS).storage;
      await gone.close();
      await expect(away.head(key)).rejects.toBeInstanceOf(StoreUnavailableError);
      await expect(away.check()).rejects.toBeInstanceOf(StoreUnavailableError);
    });
  });

  describe('once', () => {
    beforeEach(() => {
      storage = bucket.through(proxy.url, PATIENT).storage;
    });

    const effects: readonly FaultEffect[] = [...OUTAGES, { kind: 'lose-answer' }];
    const matrix = [
      ...STEPS.flatMap((step) => effects.map((effect) => ({ step, effect }))),
      ...STEPS.filter(({ operation }) => /^(PutObject|UploadPart)$/.test(operation)).map((step) => ({
        step,
        effect: { kind: 'cut-request', afterBytes: 1000 } as const,
      })),
    ].map(({ step, effect }) => [nameOf(step, effect), step, effect] as const);

    it.each(matrix)('stores all the same when it %s', async (_name, { operation, bytes, skip }, effect) => {
      proxy.faults.add({ when: { operation }, skip, times: 1, effect });
      const result = await put(bytes);
      expect(proxy.requests.filter((request) => request.effect !== undefined)).toHaveLength(1);
      expect(await hasBytes(bucket.storage, key, bytes)).toBe(true);
      expect(await bucket.storage.head(key)).toMatchObject({ etag: result.etag, checksums: result.checksums });
      expect(await openUploads()).toBe(0);
    });

    it('aborts all the same', async () => {
      proxy.faults.add({ when: { operation: 'UploadPart' }, skip: 1, effect: { kind: 'status', status: 500 } });
      for (const effect of [...OUTAGES.slice(0, 3), { kind: 'lose-answer' } as const]) {
        proxy.faults.add({ when: { operation: 'AbortMultipartUpload' }, times: 1, effect });
        await expect(put(LARGE)).rejects.toBeInstanceOf(StoreUnavailableError);
        expect(await openUploads()).toBe(0);
      }
    });
  });

  describe('losing its answer', () => {
    it.each([
      ['PutObject', SMALL],
      ['CompleteMultipartUpload', LARGE],
    ])('is understood at %s when the object was to be created', async (operation, bytes) => {
      proxy.faults.add({ when: { operation }, times: 1, effect: { kind: 'lose-answer' } });
      await put(bytes, true);
      expect(await hasBytes(bucket.storage, key, bytes)).toBe(true);
    });

    it.each([
      ['PutObject', SMALL],
      ['CompleteMultipartUpload', LARGE],
    ])('is understood at %s even when it loses every answer', async (operation, bytes) => {
      proxy.faults.add({ when: { operation }, effect: { kind: 'lose-answer' } });
      await put(bytes);
      expect(await hasBytes(bucket.storage, key, bytes)).toBe(true);
      expect(await openUploads()).toBe(0);
    });

    it('leaves no upload behind that nobody knows of', async () => {
      proxy.faults.add({ when: { operation: 'CreateMultipartUpload' }, effect: { kind: 'lose-answer' } });
      await expect(put(LARGE)).rejects.toBeInstanceOf(StoreUnavailableError);
      expect(await openUploads()).toBe(0);
    });

    it.each([
      ['PutObject', SMALL],
      ['CompleteMultipartUpload', LARGE],
    ])('does not make a foreign object ours at %s', async (operation, bytes) => {
      await bucket.storage.put(key, Readable.from(['I was first']), TYPE);
      proxy.faults.add({ when: { operation }, times: 1, effect: { kind: 'status', status: 500 } });
      await expect(put(bytes, true)).rejects.toBeInstanceOf(KeyTakenError);
      expect(await hasBytes(bucket.storage, key, Buffer.from('I was first'))).toBe(true);
      expect(await openUploads()).toBe(0);
    });

    it('lets a client complete again', async () => {
      const ref = await bucket.storage.createMultipart(key, TYPE);
      const part = await bucket.storage.uploadPart(ref, 1, SMALL);
      proxy.faults.add({ when: { operation: 'CompleteMultipartUpload' }, effect: { kind: 'lose-answer' } });
      const result = await storage.completeMultipart(ref, [part]);
      expect(result).toMatchObject({ sizeBytes: SMALL.length });
      expect(await storage.completeMultipart(ref, [part])).toEqual(result);
    });
  });

  describe('joining parts for somebody else', () => {
    const message = 'This multipart completion is already in progress';
    const effect = { kind: 'status', status: 500, message } as const;

    it('is asked again until it has', async () => {
      const ref = await bucket.storage.createMultipart(key, TYPE);
      const part = await bucket.storage.uploadPart(ref, 1, SMALL);
      proxy.faults.add({ when: { operation: 'CompleteMultipartUpload' }, times: 8, effect });
      const patient = bucket.through(proxy.url, PATIENT).storage;
      expect(await patient.completeMultipart(ref, [part], { ifAbsent: true })).toMatchObject({
        sizeBytes: SMALL.length,
      });
      expect(await openUploads()).toBe(0);
    });

    it('is not waited for for ever, nor for an upload that is gone', async () => {
      const ref = await bucket.storage.createMultipart(key, TYPE);
      const part = await bucket.storage.uploadPart(ref, 1, SMALL);
      proxy.faults.add({ when: { operation: 'CompleteMultipartUpload' }, effect });
      await expect(storage.completeMultipart(ref, [part])).rejects.toBeInstanceOf(StoreUnavailableError);
      await bucket.storage.abortMultipart(ref);
      await expect(storage.completeMultipart(ref, [part])).rejects.toBeInstanceOf(UploadMissingError);
    }, 60_000);
  });

  describe('while an object is read', () => {
    beforeEach(async () => {
      await bucket.storage.put(key, Readable.from([LARGE]), TYPE);
    });

    it.each(['cut-answer', 'stall-answer'] as const)('ends the body with an error of ours (%s)', async (kind) => {
      proxy.faults.add({ when: { operation: 'GetObject' }, effect: { kind, afterBytes: MEBIBYTE } });
      const content = await storage.find(key);
      await expect(content?.body.toArray()).rejects.toBeInstanceOf(StoreUnavailableError);
    });

    it('waits for a reader that takes longer than a store may', async () => {
      const content = await storage.find(key);
      let received = 0;
      for await (const chunk of content?.body ?? []) {
        if (received === 0) await new Promise((resolve) => setTimeout(resolve, 3 * TIMEOUTS.idleMs));
        received += (chunk as Buffer).length;
      }
      expect(received).toBe(LARGE.length);
    });
  });

  describe('refusing', () => {
    it.each([
      ['AccessDenied', 403, StoreRefusedError],
      ['InvalidAccessKeyId', 403, StoreRefusedError],
      ['SignatureDoesNotMatch', 403, StoreRefusedError],
      ['QuotaExceeded', 403, StoreFullError],
      ['InsufficientStorage', 507, StoreFullError],
      ['NoSuchBucket', 404, BucketMissingError],
      ['NotImplemented', 501, StoreUnavailableError],
    ])('is told apart: %s', async (code, status, expected) => {
      proxy.faults.add({ effect: { kind: 'status', status, code } });
      await expect(put(SMALL)).rejects.toBeInstanceOf(expected);
    });

    it('is no "not there": without leave to list, HEAD answers 403', async () => {
      proxy.faults.add({ when: { operation: 'HeadObject' }, effect: { kind: 'status', status: 403 } });
      await expect(storage.head(key)).rejects.toBeInstanceOf(StoreRefusedError);
    });

    it('tells a missing bucket from a missing object', async () => {
      proxy.faults.add({ when: { method: 'HEAD' }, effect: { kind: 'status', status: 404 } });
      await expect(storage.head(key)).rejects.toBeInstanceOf(BucketMissingError);
      await expect(storage.check()).rejects.toBeInstanceOf(BucketMissingError);
    });
  });
});
