import { jest } from '@jest/globals';
import { sweepOnce } from '../crash/invariants.js';
import {
  atStore,
  bytesAt,
  complete,
  letExpire,
  MEBIBYTE,
  open,
  pdf,
  postFields,
  put,
  putParts,
  refused,
  SMALL_PARTS,
  state,
  type OpenedUpload,
} from './direct.js';
import { until } from '../support/service.js';
import { startService, type Running } from './e2e.js';

const SMALL = pdf(20_000);
const LARGE = pdf(6 * MEBIBYTE);
const HTML = Buffer.from('<html><body>'.padEnd(SMALL.length));
const LARGE_HTML = Buffer.concat([HTML, LARGE]);

/** Ways to send: each a different sort of URL. */
const WAYS = [
  { name: 'one PUT', more: {}, right: SMALL, wrong: HTML },
  { name: 'a form', more: { form: true }, right: SMALL, wrong: HTML },
  { name: 'parts', more: {}, right: LARGE, wrong: LARGE_HTML },
] as const;

const NOTHING_LEFT = { object: false, openUploads: 0, staged: false };

/** Sends a file by every URL that its upload was given; the statuses. */
async function replay(upload: OpenedUpload, bytes: Uint8Array): Promise<number[]> {
  if (upload.fields !== null) return [(await postFields(upload, bytes)).status];
  if (upload.url !== null) return [(await put(upload, bytes)).status];
  const responses = upload.parts.map((part) => put(part, bytes.subarray(0, 5 * MEBIBYTE)));
  return (await Promise.all(responses)).map(({ status }) => status);
}

async function send(upload: OpenedUpload, bytes: Uint8Array): Promise<void> {
  if (upload.strategy === 'multipart') await putParts(upload, bytes);
  else expect((await replay(upload, bytes))[0]).toBeLessThan(300);
}

/** A sweep is a process of its own, which starts for as long as the service does. */
jest.setTimeout(180_000);

describe('the end of an upload straight to the bucket', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService(SMALL_PARTS);
  }, 120_000);
  afterAll(() => running.close());

  const end = (id: string): Promise<unknown> => running.service.json(`/v1/uploads/${id}`, { method: 'DELETE' }, 204);
  const rowOf = async (fileId: string) =>
    (
      await running.target.sql<{ status: string; reason: string | null }>(
        'select status, rejected_reason as reason from stored_file where id = $1',
        [fileId],
      )
    )[0];
  const leftOf = async (upload: OpenedUpload) => {
    const { object, openUploads, staged } = await atStore(running, upload);
    return { object, openUploads, staged: staged === true };
  };
  /** What the service's own sweep had claimed a moment before, that one finishes. */
  const gone = (fileId: string): Promise<unknown> =>
    until(
      'the end of a row',
      () => rowOf(fileId),
      (row) => row === undefined,
    );
  /** What a sweep does once nobody can write any more. */
  const sweepBehind = async (uploads: readonly OpenedUpload[]): Promise<void> => {
    for (const upload of uploads) await letExpire(running, upload);
    await sweepOnce(running.target, running.service);
  };

  it('keeps what was stored, whatever is sent again by its URLs', async () => {
    const stored: { upload: OpenedUpload; key: string; bytes: Buffer }[] = [];
    for (const { more, right } of WAYS) {
      const upload = await open(running, 'replayed', { bytes: right, more });
      await send(upload, right);
      const file = await complete(running, upload.id);
      const statuses = await replay(upload, Buffer.from(right).reverse());
      for (const status of statuses) expect([201, 404, 412]).toContain(status);
      expect((await bytesAt(running, file.key))?.equals(right)).toBe(true);
      expect(await complete(running, upload.id)).toEqual(file);
      stored.push({ upload, key: file.key, bytes: right });
    }
    await sweepBehind(stored.map(({ upload }) => upload));
    for (const { upload, key, bytes } of stored) {
      expect(await leftOf(upload)).toEqual({ object: true, openUploads: 0, staged: false });
      expect((await bytesAt(running, key))?.equals(bytes)).toBe(true);
    }
  });

  it('leaves nothing of what was rejected or aborted, and sent again', async () => {
    const ended: { upload: OpenedUpload; reason: string }[] = [];
    for (const { more, right, wrong } of WAYS) {
      const rejected = await open(running, 'rejected', { bytes: wrong, more });
      await send(rejected, wrong);
      expect(await refused(running, rejected.id, { status: 415 })).toMatchObject({ code: 'TYPE_NOT_ACCEPTED' });
      const aborted = await open(running, 'aborted', { bytes: right, more });
      await send(aborted, right);
      await end(aborted.id);
      await end(aborted.id);
      expect(await state(running, aborted.id)).toMatchObject({ status: 'aborted', reason: 'ABORTED', parts: [] });
      for (const upload of [rejected, aborted]) expect(await leftOf(upload)).toEqual(NOTHING_LEFT);
      await replay(rejected, wrong);
      await replay(aborted, right);
      ended.push({ upload: rejected, reason: 'TYPE_NOT_ACCEPTED' }, { upload: aborted, reason: 'ABORTED' });
    }
    // As long as a URL may write, the rows say whose the object is.
    await sweepOnce(running.target, running.service);
    for (const { upload, reason } of ended) {
      expect(await rowOf(upload.fileId)).toEqual({ status: 'rejected', reason });
      expect(await refused(running, upload.id, { status: 409 })).toMatchObject({ code: 'UPLOAD_FINISHED' });
    }
    await sweepBehind(ended.map(({ upload }) => upload));
    for (const { upload } of ended) {
      await gone(upload.fileId);
      expect(await leftOf(upload)).toEqual(NOTHING_LEFT);
    }
  });

  it('is no abortion once it is completed', async () => {
    const upload = await open(running, 'completed', { bytes: SMALL });
    await send(upload, SMALL);
    const file = await complete(running, upload.id);
    await end(upload.id);
    expect(await state(running, upload.id)).toMatchObject({ status: 'completed' });
    expect((await bytesAt(running, file.key))?.equals(SMALL)).toBe(true);
  });

  it('lets a file with a live URL go for good only when that has expired', async () => {
    const upload = await open(running, 'purged', { bytes: SMALL });
    await send(upload, SMALL);
    const file = await complete(running, upload.id);
    await running.service.json(`/v1/files/${file.id}`, { method: 'DELETE' }, 204);
    await running.service.json(`/v1/files/${file.id}/purge`, { method: 'POST' }, 202);
    await sweepOnce(running.target, running.service);
    expect(await rowOf(file.id)).toMatchObject({ status: 'purging' });
    // The object is what keeps the URL from writing again.
    expect((await put(upload, SMALL)).status).toBe(412);
    await running.target.sql(
      "update stored_file set writable_until = now() - interval '1 second', lease_until = null where id = $1",
      [file.id],
    );
    await sweepOnce(running.target, running.service);
    await gone(file.id);
    expect(await atStore(running, upload)).toMatchObject({ object: false, openUploads: 0 });
  });

  it('comes by the reaper where nobody says so: what is whole is stored, what is not is given up', async () => {
    const whole = await open(running, 'reaped', { bytes: SMALL });
    await send(whole, SMALL);
    const parts = await open(running, 'reaped', { bytes: LARGE });
    await send(parts, LARGE);
    const part = await open(running, 'reaped', { bytes: LARGE });
    await put(part.parts[0]!, LARGE.subarray(0, 5 * MEBIBYTE));
    const live = await open(running, 'reaped', { bytes: LARGE });
    await put(live.parts[0]!, LARGE.subarray(0, 5 * MEBIBYTE));
    for (const upload of [parts, part]) await letExpire(running, upload);
    await sweepOnce(running.target, running.service);
    expect(await state(running, whole.id)).toMatchObject({ status: 'completed' });
    expect(await state(running, parts.id)).toMatchObject({ status: 'completed' });
    expect(await state(running, part.id)).toMatchObject({ status: 'expired', reason: 'UPLOAD_EXPIRED' });
    expect(await atStore(running, part)).toMatchObject({ object: false, openUploads: 0 });
    expect((await state(running, live.id)).parts).toHaveLength(1);
    await put(live.parts[1]!, LARGE.subarray(5 * MEBIBYTE));
    expect(await complete(running, live.id)).toMatchObject({ status: 'stored' });
  });
});
