import { IncompleteBodyError, KeyTakenError } from '../../src/object-storage/storage.errors.js';
import {
  bodyOf,
  bodyThatFails,
  bodyThatStalls,
  crc32Of,
  facts,
  MEBIBYTE,
  OCTETS,
  openUploads,
  PART_BYTES,
  put,
  read,
  readText,
  someBytes,
  type Subject,
} from './storage-under-test.js';

/** A body that goes in one request, and one that goes in parts. */
const SIZES = [
  ['a small body', 300 * 1024],
  ['a body of several parts', 2 * PART_BYTES + 777],
] as const;

export function writingBehaviours(subject: Subject): void {
  it('says that the bucket can be used', async () => {
    await expect(subject.storage.check()).resolves.toBeUndefined();
    expect(subject.storage.bucket).not.toBe('');
  });

  it.each([
    ['nothing', 0],
    ['one byte', 1],
    ['a small body', 300 * 1024],
    ['one byte less than a part', PART_BYTES - 1],
    ['exactly one part', PART_BYTES],
    ['one byte more than a part', PART_BYTES + 1],
    ['exactly two parts', 2 * PART_BYTES],
    ['several parts and a rest', 3 * PART_BYTES + 12_345],
  ])('stores %s, of known and of unknown length, and gives it back', async (_name, sizeBytes) => {
    const key = `${subject.folder()}file.bin`;
    const bytes = someBytes(sizeBytes);
    const known = await put(subject.storage, key, bytes, { sizeBytes });
    expect(known.sizeBytes).toBe(sizeBytes);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);

    const other = someBytes(sizeBytes);
    const unknown = await put(subject.storage, key, other);
    expect(unknown.sizeBytes).toBe(sizeBytes);
    expect((await read(subject.storage, key))?.equals(other)).toBe(true);
    expect((await facts(subject.storage, key)).sizeBytes).toBe(sizeBytes);
  });

  it.each(SIZES)('answers the CRC-32 of %s and never reports another one later', async (_name, sizeBytes) => {
    const key = `${subject.folder()}file.bin`;
    const bytes = someBytes(sizeBytes);
    const result = await put(subject.storage, key, bytes, { sizeBytes });
    expect(result.checksums.crc32).toBe(crc32Of(bytes));
    // A store may keep no checksum of the whole object when it came in parts.
    const { checksums } = await facts(subject.storage, key);
    expect([crc32Of(bytes), sizeBytes >= PART_BYTES ? undefined : crc32Of(bytes)]).toContain(checksums.crc32);
  });

  it('answers the CRC-32 of an empty body', async () => {
    const key = `${subject.folder()}empty`;
    expect((await put(subject.storage, key, '', { sizeBytes: 0 })).checksums.crc32).toBe('AAAAAA==');
    expect((await facts(subject.storage, key)).checksums.crc32).toBe('AAAAAA==');
  });

  it.each(SIZES)('keeps the content type of %s', async (_name, sizeBytes) => {
    const key = `${subject.folder()}talk.txt`;
    await put(subject.storage, key, someBytes(sizeBytes), { contentType: 'text/plain; charset=utf-8' });
    expect((await facts(subject.storage, key)).contentType).toBe('text/plain; charset=utf-8');
  });

  it('replaces bytes and content type, and changes the ETag', async () => {
    const key = `${subject.folder()}page`;
    const first = await put(subject.storage, key, 'first', { contentType: 'text/plain' });
    const second = await put(subject.storage, key, 'second', { contentType: 'text/html' });
    expect(await readText(subject.storage, key)).toBe('second');
    expect(second.etag).not.toBe(first.etag);
    expect(await facts(subject.storage, key)).toMatchObject({
      key,
      etag: second.etag,
      contentType: 'text/html',
      sizeBytes: 6,
      storageClass: 'STANDARD',
    });
  });

  it('answers ETags without quotes', async () => {
    const key = `${subject.folder()}page`;
    expect((await put(subject.storage, key, 'x')).etag).toMatch(/^[^"]+$/);
  });

  it('says when an object was written', async () => {
    const key = `${subject.folder()}page`;
    await put(subject.storage, key, 'x');
    const { lastModified } = await facts(subject.storage, key);
    expect(Math.abs(lastModified.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it.each(SIZES)('refuses %s that is shorter than announced', async (_name, sizeBytes) => {
    const folder = subject.folder();
    await expect(
      put(subject.storage, `${folder}file`, someBytes(sizeBytes), { sizeBytes: sizeBytes + 1 }),
    ).rejects.toBeInstanceOf(IncompleteBodyError);
    expect(await subject.storage.head(`${folder}file`)).toBeUndefined();
    expect(await openUploads(subject.storage, folder)).toBe(0);
  });

  it.each(SIZES)('refuses %s that is longer than announced', async (_name, sizeBytes) => {
    const folder = subject.folder();
    await expect(
      put(subject.storage, `${folder}file`, someBytes(sizeBytes), { sizeBytes: sizeBytes - 1 }),
    ).rejects.toBeInstanceOf(IncompleteBodyError);
    expect(await subject.storage.head(`${folder}file`)).toBeUndefined();
    expect(await openUploads(subject.storage, folder)).toBe(0);
  });

  it('refuses an empty body where bytes were announced, and bytes where none were', async () => {
    const folder = subject.folder();
    await expect(put(subject.storage, `${folder}a`, '', { sizeBytes: 5 })).rejects.toBeInstanceOf(IncompleteBodyError);
    await expect(put(subject.storage, `${folder}b`, 'x', { sizeBytes: 0 })).rejects.toBeInstanceOf(IncompleteBodyError);
    expect(await subject.storage.head(`${folder}a`)).toBeUndefined();
    expect(await subject.storage.head(`${folder}b`)).toBeUndefined();
  });

  it.each(SIZES)('stores nothing of %s that fails midway, and rejects with its error', async (_name, sizeBytes) => {
    const folder = subject.folder();
    const error = new Error('the sender went away');
    for (const length of [{}, { sizeBytes: sizeBytes + MEBIBYTE }]) {
      await expect(
        subject.storage.put(`${folder}file`, bodyThatFails(someBytes(sizeBytes), error), {
          contentType: OCTETS,
          ...length,
        }),
      ).rejects.toBe(error);
    }
    expect(await subject.storage.head(`${folder}file`)).toBeUndefined();
    expect(await openUploads(subject.storage, folder)).toBe(0);
  });

  it.each(SIZES)('keeps the object that was there when %s fails midway', async (_name, sizeBytes) => {
    const folder = subject.folder();
    const before = await put(subject.storage, `${folder}file`, 'the old one', { contentType: 'text/plain' });
    const error = new Error('the sender went away');
    await expect(
      subject.storage.put(`${folder}file`, bodyThatFails(someBytes(sizeBytes), error), { contentType: OCTETS }),
    ).rejects.toBe(error);
    expect(await readText(subject.storage, `${folder}file`)).toBe('the old one');
    expect(await facts(subject.storage, `${folder}file`)).toMatchObject({
      etag: before.etag,
      contentType: 'text/plain',
    });
    expect(await openUploads(subject.storage, folder)).toBe(0);
  });

  it.each(SIZES)('stops %s by signal, with the reason of the signal', async (_name, sizeBytes) => {
    const folder = subject.folder();
    const reason = new Error('enough');
    const stop = new AbortController();
    const body = bodyThatStalls(someBytes(sizeBytes));
    setTimeout(() => {
      stop.abort(reason);
    }, 300);
    await expect(subject.storage.put(`${folder}file`, body, { contentType: OCTETS, signal: stop.signal })).rejects.toBe(
      reason,
    );
    body.destroy();
    expect(await subject.storage.head(`${folder}file`)).toBeUndefined();
    expect(await openUploads(subject.storage, folder)).toBe(0);
  });

  it('does not begin when the signal was given before', async () => {
    const key = `${subject.folder()}file`;
    const reason = new Error('too late');
    await expect(put(subject.storage, key, 'x', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await subject.storage.head(key)).toBeUndefined();
  });

  it.each(SIZES)('creates from %s only where nothing is', async (_name, sizeBytes) => {
    const folder = subject.folder();
    const bytes = someBytes(sizeBytes);
    const first = await put(subject.storage, `${folder}file`, bytes, { ifAbsent: true });
    await expect(
      put(subject.storage, `${folder}file`, someBytes(sizeBytes), { ifAbsent: true }),
    ).rejects.toBeInstanceOf(KeyTakenError);
    expect((await read(subject.storage, `${folder}file`))?.equals(bytes)).toBe(true);
    expect((await facts(subject.storage, `${folder}file`)).etag).toBe(first.etag);
    expect(await openUploads(subject.storage, folder)).toBe(0);
  });

  it('creates again where an object was deleted', async () => {
    const key = `${subject.folder()}file`;
    await put(subject.storage, key, 'one', { ifAbsent: true });
    await subject.storage.delete(key);
    await put(subject.storage, key, 'two', { ifAbsent: true });
    expect(await readText(subject.storage, key)).toBe('two');
  });

  it('lets exactly one of two that create at once win', async () => {
    for (let round = 0; round < 5; round += 1) {
      const key = `${subject.folder()}file`;
      const bodies = [someBytes(100_000), someBytes(100_000)];
      const outcomes = await Promise.allSettled(
        bodies.map((bytes) => put(subject.storage, key, bytes, { ifAbsent: true, sizeBytes: bytes.length })),
      );
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      const lost = outcomes.find((outcome) => outcome.status === 'rejected');
      expect(lost?.reason).toBeInstanceOf(KeyTakenError);
      const winner = bodies[outcomes.findIndex((outcome) => outcome.status === 'fulfilled')]!;
      expect((await read(subject.storage, key))?.equals(winner)).toBe(true);
    }
  });

  it('takes many bodies for different keys at once', async () => {
    const folder = subject.folder();
    const bodies = Array.from({ length: 60 }, (_, index) => ({
      key: `${folder}${index % 7}/${index}`,
      bytes: someBytes(20_000 + index),
    }));
    await Promise.all(bodies.map(({ key, bytes }) => subject.storage.put(key, bodyOf(bytes), { contentType: OCTETS })));
    const same = await Promise.all(
      bodies.map(async ({ key, bytes }) => (await read(subject.storage, key))?.equals(bytes)),
    );
    expect(same.every(Boolean)).toBe(true);
  });
}
