import { DigestAlgorithm, ObjectDigest } from '../../src/object-storage/index.js';
import {
  announced,
  atStore,
  bytesAt,
  complete,
  MEBIBYTE,
  open,
  pdf,
  put,
  putParts,
  refused,
  SMALL_PARTS,
  state,
  type PartUrl,
} from './direct.js';
import { postJson, sha256, startService, type Running } from './e2e.js';

const PART = 5 * MEBIBYTE;
/** Three parts, the last one short. */
const BYTES = pdf(2 * PART + 1234);

function digest(algorithm: DigestAlgorithm, bytes: Uint8Array): { algorithm: string; value: string } {
  const digest = ObjectDigest.of(algorithm);
  digest.update(bytes);
  return { algorithm, value: digest.digest() };
}

describe('an upload straight to the bucket, in parts', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService(SMALL_PARTS);
  }, 120_000);
  afterAll(() => running.close());

  const sign = (id: string, body: unknown, status = 200) =>
    postJson<{ parts: PartUrl[]; expiresAt: string; code?: string }>(
      running.service,
      `/v1/uploads/${id}/parts`,
      body,
      status,
    );

  it('stores all the parts that were sent, in any order, one of them twice', async () => {
    const upload = await open(running, 'parts', { bytes: BYTES });
    expect(upload).toMatchObject({ strategy: 'multipart', partSizeBytes: PART, partCount: 3 });
    const [first, second, third] = upload.parts;
    expect((await put(third!, BYTES.subarray(2 * PART))).status).toBe(200);
    expect((await put(first!, pdf(PART))).status).toBe(200);
    expect((await put(first!, BYTES.subarray(0, PART))).status).toBe(200);
    const before = await state(running, upload.id);
    expect(before).toMatchObject({ status: 'open', sizeBytes: BYTES.length });
    expect(before.parts.map(({ partNumber, sizeBytes }) => ({ partNumber, sizeBytes }))).toEqual([
      { partNumber: 1, sizeBytes: PART },
      { partNumber: 3, sizeBytes: 1234 },
    ]);
    expect(await refused(running, upload.id, { status: 409 })).toMatchObject({
      code: 'UPLOAD_INCOMPLETE',
      details: { declaredSizeBytes: BYTES.length, sizeBytes: PART + 1234 },
    });
    expect((await put(second!, BYTES.subarray(PART, 2 * PART))).status).toBe(200);
    const file = await complete(running, upload.id);
    expect(file).toMatchObject({ id: upload.fileId, status: 'stored', sizeBytes: BYTES.length });
    expect((await bytesAt(running, file.key))?.equals(BYTES)).toBe(true);
    expect(await complete(running, upload.id)).toEqual(file);
    for (const part of upload.parts) expect((await put(part, pdf(1000))).status).toBe(404);
    expect((await bytesAt(running, file.key))?.equals(BYTES)).toBe(true);
    expect(await sign(upload.id, { from: 1 }, 409)).toMatchObject({ code: 'UPLOAD_FINISHED' });
    expect(await atStore(running, upload)).toMatchObject({ object: true, openUploads: 0 });
  });

  it('signs more parts when asked, and none that it cannot have', async () => {
    const upload = await open(running, 'more', { bytes: BYTES });
    const before = await state(running, upload.id);
    const more = await sign(upload.id, { from: 2, count: 100 });
    expect(more.parts.map(({ partNumber }) => partNumber)).toEqual([2, 3]);
    expect((await sign(upload.id, { from: 3 })).parts).toHaveLength(1);
    expect((await state(running, upload.id)).expiresAt > before.expiresAt).toBe(true);
    for (const body of [
      { from: 0 },
      { from: 10_001 },
      { from: 1, count: 101 },
      { from: 1, count: 0 },
      { from: '1' },
      {},
    ])
      expect(await sign(upload.id, body, 400)).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(await sign(upload.id, { from: 4 }, 400)).toMatchObject({ code: 'INVALID_PART_NUMBER' });
    const single = await open(running, 'more', { bytes: pdf(10) });
    expect(await sign(single.id, { from: 1 }, 400)).toMatchObject({ code: 'INVALID_PART_NUMBER' });
  });

  it('takes the parts that are named, with their quotes and without', async () => {
    const upload = await open(running, 'named', { bytes: BYTES });
    const sent = await putParts(upload, BYTES);
    expect(sent.every(({ etag }) => etag.startsWith('"'))).toBe(true);
    const parts = sent.map(({ partNumber, etag }) => ({
      partNumber,
      etag: partNumber === 2 ? etag : etag.replaceAll('"', ''),
    }));
    for (const wrong of [
      [...parts].reverse(),
      [parts[0], parts[0], parts[1], parts[2]],
      [{ ...parts[0], etag: '"0123456789abcdef0123456789abcdef"' }, parts[1], parts[2]],
      [...parts, { partNumber: 4, etag: parts[0]?.etag }],
    ]) {
      expect(await refused(running, upload.id, { status: 400, body: { parts: wrong } })).toMatchObject({
        code: 'INVALID_PART',
      });
    }
    for (const wrong of [
      [],
      [[]],
      [null],
      [{ partNumber: 0, etag: 'x' }],
      [{ partNumber: 10_001, etag: 'x' }],
      [{ partNumber: 1 }],
    ])
      expect(await refused(running, upload.id, { status: 400, body: { parts: wrong } })).toMatchObject({
        code: 'VALIDATION_FAILED',
      });
    for (const checksum of [[], [{}], 'x', {}])
      expect(await refused(running, upload.id, { status: 400, body: { checksum } })).toMatchObject({
        code: 'VALIDATION_FAILED',
      });
    const checksum = digest(DigestAlgorithm.Crc64Nvme, BYTES);
    expect(await complete(running, upload.id, { parts, checksum })).toMatchObject({ checksum });
  });

  it('is completed once, however often and differently that is asked at once', async () => {
    const upload = await open(running, 'at-once', { bytes: BYTES });
    const parts = await putParts(upload, BYTES);
    const checksum = digest(DigestAlgorithm.Crc32, BYTES);
    const bodies = [{}, { parts }, { checksum }, { parts, checksum }, {}];
    const answers = await Promise.all(bodies.map((body) => complete(running, upload.id, body)));
    expect(new Set(answers.map(({ id, etag }) => `${id} ${etag}`)).size).toBe(1);
    expect((await bytesAt(running, answers[0]?.key ?? ''))?.equals(BYTES)).toBe(true);
    expect(await atStore(running, upload)).toMatchObject({ object: true, openUploads: 0 });
  });

  it.each([DigestAlgorithm.Crc32, DigestAlgorithm.Crc64Nvme])('is what its %s says', async (algorithm) => {
    const right = digest(algorithm, BYTES);
    const upload = await open(running, 'checked', { bytes: BYTES, more: { checksum: right } });
    await putParts(upload, BYTES);
    expect(await complete(running, upload.id)).toMatchObject({ checksum: right });
    const wrong = await open(running, 'checked', { bytes: BYTES });
    await putParts(wrong, BYTES);
    const body = { checksum: digest(algorithm, BYTES.subarray(1)) };
    expect(await refused(running, wrong.id, { status: 422, body })).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(await state(running, wrong.id)).toMatchObject({ status: 'rejected', reason: 'CHECKSUM_MISMATCH' });
    expect(await atStore(running, wrong)).toMatchObject({ object: false, openUploads: 0 });
  });

  it('is held to no other checksum', async () => {
    for (const checksum of [
      { algorithm: 'SHA256', value: sha256(BYTES) },
      { algorithm: 'CRC32C', value: 'AAAAAA==' },
    ]) {
      const body = announced('unsupported', BYTES, { checksum });
      expect(await postJson(running.service, '/v1/uploads', body, 422)).toMatchObject({ code: 'CHECKSUM_UNSUPPORTED' });
    }
    const upload = await open(running, 'unsupported', { bytes: BYTES });
    await putParts(upload, BYTES);
    const body = { checksum: { algorithm: 'SHA256', value: sha256(BYTES) } };
    expect(await refused(running, upload.id, { status: 422, body })).toMatchObject({ code: 'CHECKSUM_UNSUPPORTED' });
    expect(await complete(running, upload.id)).toMatchObject({ status: 'stored' });
  });

  it('stays open when too few parts are named of a file that came whole', async () => {
    const upload = await open(running, 'sum', { bytes: BYTES });
    const parts = await putParts(upload, BYTES);
    const few = parts.slice(0, 2);
    expect(await refused(running, upload.id, { status: 409, body: { parts: few } })).toMatchObject({
      code: 'UPLOAD_INCOMPLETE',
      details: { declaredSizeBytes: BYTES.length, sizeBytes: 2 * PART },
    });
    expect((await state(running, upload.id)).parts).toHaveLength(3);
    expect(await complete(running, upload.id, { parts })).toMatchObject({ status: 'stored', sizeBytes: BYTES.length });
  });

  it('is rejected when the named parts are fewer bytes than declared, and so are all', async () => {
    const upload = await open(running, 'sum', { bytes: BYTES });
    const [first] = await putParts({ ...upload, parts: upload.parts.slice(0, 2) }, BYTES);
    expect(await refused(running, upload.id, { status: 422, body: { parts: [first] } })).toMatchObject({
      code: 'SIZE_MISMATCH',
      details: { declaredSizeBytes: BYTES.length, sizeBytes: PART },
    });
    expect(await state(running, upload.id)).toMatchObject({ status: 'rejected', reason: 'SIZE_MISMATCH', parts: [] });
    expect(await atStore(running, upload)).toMatchObject({ object: false, openUploads: 0 });
  });

  it('is rejected when more was sent than declared', async () => {
    const upload = await open(running, 'surplus', { bytes: BYTES });
    await putParts(upload, BYTES);
    expect((await put(upload.parts[2]!, BYTES.subarray(PART))).status).toBe(200);
    expect(await refused(running, upload.id, { status: 422 })).toMatchObject({ code: 'SIZE_MISMATCH' });
    expect(await atStore(running, upload)).toMatchObject({ object: false, openUploads: 0 });
  });

  it('is rejected when its first bytes are of another type', async () => {
    const bytes = Buffer.concat([Buffer.from('<html><body>'), BYTES]);
    const upload = await open(running, 'type', { bytes });
    await putParts(upload, bytes);
    expect(await refused(running, upload.id, { status: 415 })).toMatchObject({ code: 'TYPE_NOT_ACCEPTED' });
    expect(await state(running, upload.id)).toMatchObject({ status: 'rejected', reason: 'TYPE_NOT_ACCEPTED' });
    expect(await atStore(running, upload)).toMatchObject({ object: false, openUploads: 0 });
  });

  it('lets complete name 10,000 parts, and no other route take a body of that size', async () => {
    const upload = await open(running, 'large-body', { bytes: BYTES });
    const parts = Array.from({ length: 10_000 }, (_, index) => ({
      partNumber: index + 1,
      etag: `"${String(index).padStart(32, '0')}"`,
    }));
    expect(JSON.stringify({ parts }).length).toBeGreaterThan(600_000);
    expect(await refused(running, upload.id, { status: 400, body: { parts } })).toMatchObject({ code: 'INVALID_PART' });
    const body = { ...announced('large-body', BYTES), parts };
    for (const path of ['/v1/uploads', `/v1/uploads/${upload.id}/parts`, '/v1/links'])
      expect(await postJson(running.service, path, body, 413)).toMatchObject({ code: 'BODY_TOO_LARGE' });
    const surplus = [...parts, { partNumber: 10_000, etag: '"x"' }];
    await refused(running, upload.id, { status: 400, body: { parts: surplus } });
    expect(await state(running, upload.id)).toMatchObject({ status: 'open' });
  });
});
