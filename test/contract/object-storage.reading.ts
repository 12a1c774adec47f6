import { once } from 'node:events';
import {
  KeyTakenError,
  ObjectMissingError,
  RangeNotSatisfiableError,
} from '../../src/object-storage/storage.errors.js';
import {
  bytesOf,
  crc32Of,
  facts,
  MEBIBYTE,
  openUploads,
  PART_BYTES,
  put,
  read,
  readText,
  someBytes,
  type Subject,
} from './storage-under-test.js';

export function readingBehaviours(subject: Subject): void {
  it('answers "not there" for a key without an object', async () => {
    const key = `${subject.folder()}nobody`;
    expect(await subject.storage.find(key)).toBeUndefined();
    expect(await subject.storage.find(key, { start: 0, end: 1 })).toBeUndefined();
    expect(await subject.storage.head(key)).toBeUndefined();
  });

  it('does not take a folder for an object', async () => {
    const folder = subject.folder();
    await put(subject.storage, `${folder}a/b/c`, 'x');
    for (const key of [`${folder}a/b`, `${folder}a/b/`, `${folder}a`, `${folder}a/b/c/`, `${folder}a/b/c/d`]) {
      expect(await subject.storage.head(key)).toBeUndefined();
    }
  });

  it('tells the same facts with the bytes as without', async () => {
    const key = `${subject.folder()}note.txt`;
    await put(subject.storage, key, 'hello', { contentType: 'text/plain' });
    const content = await subject.storage.find(key);
    content?.body.destroy();
    const { checksums, ...info } = await facts(subject.storage, key);
    expect(content).toMatchObject({ start: 0, end: 4, info });
    expect(checksums.crc32).toBe(crc32Of('hello'));
  });

  it('gives an empty object as an empty body', async () => {
    const key = `${subject.folder()}empty`;
    await put(subject.storage, key, '', { sizeBytes: 0 });
    const content = await subject.storage.find(key);
    expect(content).toMatchObject({ start: 0, end: -1 });
    expect(content && (await bytesOf(content.body)).length).toBe(0);
  });

  it.each([
    ['the first byte', { start: 0, end: 0 }, '0', 0, 0],
    ['the last byte', { start: 9, end: 9 }, '9', 9, 9],
    ['the middle', { start: 3, end: 5 }, '345', 3, 5],
    ['an open range', { start: 7 }, '789', 7, 9],
    ['all, as an open range', { start: 0 }, '0123456789', 0, 9],
    ['a range that ends past the end', { start: 8, end: 5000 }, '89', 8, 9],
  ])('reads %s', async (_name, range, text, start, end) => {
    const key = `${subject.folder()}digits`;
    await put(subject.storage, key, '0123456789');
    const content = await subject.storage.find(key, range);
    expect(content).toMatchObject({ start, end, info: { sizeBytes: 10 } });
    expect(content && (await bytesOf(content.body)).toString()).toBe(text);
  });

  it('reads a range across the parts of a large object', async () => {
    const key = `${subject.folder()}large`;
    const bytes = someBytes(2 * PART_BYTES + 100);
    await put(subject.storage, key, bytes);
    const [start, end] = [PART_BYTES - 1000, 2 * PART_BYTES + 50];
    expect((await read(subject.storage, key, { start, end }))?.equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  it('refuses a range that begins past the end', async () => {
    const folder = subject.folder();
    await put(subject.storage, `${folder}digits`, '0123456789');
    await put(subject.storage, `${folder}empty`, '', { sizeBytes: 0 });
    for (const range of [{ start: 10 }, { start: 10, end: 12 }, { start: 9_999_999 }]) {
      await expect(subject.storage.find(`${folder}digits`, range)).rejects.toBeInstanceOf(RangeNotSatisfiableError);
    }
    await expect(subject.storage.find(`${folder}empty`, { start: 0 })).rejects.toBeInstanceOf(RangeNotSatisfiableError);
  });

  it('goes on after many bodies were destroyed early', async () => {
    const key = `${subject.folder()}large`;
    const bytes = someBytes(3 * MEBIBYTE);
    await put(subject.storage, key, bytes);
    for (let round = 0; round < 150; round += 1) {
      const content = await subject.storage.find(key);
      if (content && round % 2 === 0) await once(content.body, 'readable');
      content?.body.destroy();
    }
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
  });

  it('gives a reader the old or the new bytes, never both, while a key is overwritten', async () => {
    const key = `${subject.folder()}busy`;
    const sizeOf = (round: number): number => MEBIBYTE + round * 1000;
    await put(subject.storage, key, Buffer.alloc(sizeOf(0), 0));
    let writing = true;
    const write = async (): Promise<void> => {
      for (let round = 1; round <= 12; round += 1) {
        await put(subject.storage, key, Buffer.alloc(sizeOf(round), round), { sizeBytes: sizeOf(round) });
      }
      writing = false;
    };
    const torn: string[] = [];
    const readOn = async (): Promise<void> => {
      while (writing) {
        const bytes = await read(subject.storage, key);
        const round = bytes?.[0] ?? -1;
        if (!bytes?.equals(Buffer.alloc(sizeOf(round), round)))
          torn.push(`round ${round}, ${bytes?.length ?? 0} bytes`);
      }
    };
    await Promise.all([write(), readOn(), readOn(), readOn()]);
    expect(torn).toEqual([]);
    expect((await facts(subject.storage, key)).sizeBytes).toBe(sizeOf(12));
  });

  it('deletes, and takes what is not there for deleted', async () => {
    const folder = subject.folder();
    await put(subject.storage, `${folder}a/b`, 'x');
    await put(subject.storage, `${folder}a/c`, 'y');
    await subject.storage.delete(`${folder}a/b`);
    await subject.storage.delete(`${folder}a/b`);
    await subject.storage.delete(`${folder}never/was`);
    await subject.storage.delete(`${folder}a`);
    expect(await subject.storage.head(`${folder}a/b`)).toBeUndefined();
    expect(await readText(subject.storage, `${folder}a/c`)).toBe('y');
  });

  it('deletes more keys than one request takes, the missing ones too', async () => {
    const folder = subject.folder();
    const keys = Array.from({ length: 2050 }, (_, index) => `${folder}${index % 3}/${index}`);
    const present = keys.filter((_, index) => index % 41 === 0);
    await Promise.all(present.map((key) => put(subject.storage, key, 'x')));
    await put(subject.storage, `${folder}kept`, 'x');
    const result = await subject.storage.deleteMany(keys);
    expect(result.failed).toEqual([]);
    expect(result.deleted.toSorted()).toEqual(keys.toSorted());
    const left = await subject.storage.list({ prefix: folder });
    expect(left.objects.map((object) => object.key)).toEqual([`${folder}kept`]);
  });

  it('deletes no keys at all', async () => {
    expect(await subject.storage.deleteMany([])).toEqual({ deleted: [], failed: [] });
  });

  it('copies bytes and content type', async () => {
    const folder = subject.folder();
    await put(subject.storage, `${folder}from`, 'the bytes', { contentType: 'text/markdown' });
    const result = await subject.storage.copy(`${folder}from`, `${folder}below/to`);
    expect(await readText(subject.storage, `${folder}below/to`)).toBe('the bytes');
    expect(await readText(subject.storage, `${folder}from`)).toBe('the bytes');
    const info = await facts(subject.storage, `${folder}below/to`);
    expect(info).toMatchObject({ contentType: 'text/markdown', etag: result.etag, sizeBytes: 9 });
    expect(result.sizeBytes).toBe(9);
    expect([undefined, crc32Of('the bytes')]).toContain(info.checksums.crc32);
  });

  it('copies what came in parts', async () => {
    const folder = subject.folder();
    const bytes = someBytes(2 * PART_BYTES + 5);
    await put(subject.storage, `${folder}from`, bytes, { contentType: 'audio/wav' });
    await subject.storage.copy(`${folder}from`, `${folder}to`);
    expect((await read(subject.storage, `${folder}to`))?.equals(bytes)).toBe(true);
    expect((await facts(subject.storage, `${folder}to`)).contentType).toBe('audio/wav');
  });

  it('copies over what was there', async () => {
    const folder = subject.folder();
    await put(subject.storage, `${folder}from`, 'new');
    await put(subject.storage, `${folder}to`, 'old and longer', { contentType: 'text/html' });
    await subject.storage.copy(`${folder}from`, `${folder}to`);
    expect(await readText(subject.storage, `${folder}to`)).toBe('new');
  });

  it('copies to a key once, where it is asked to create', async () => {
    const folder = subject.folder();
    const bodies = ['one', 'another', 'a third'];
    for (const [index, body] of bodies.entries()) await put(subject.storage, `${folder}from-${index}`, body);
    const outcomes = await Promise.allSettled(
      bodies.map((_, index) => subject.storage.copy(`${folder}from-${index}`, `${folder}to`, { ifAbsent: true })),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(KeyTakenError);
    const winner = outcomes.findIndex((outcome) => outcome.status === 'fulfilled');
    expect(await readText(subject.storage, `${folder}to`)).toBe(bodies[winner]);
    expect(await openUploads(subject.storage, folder)).toBe(0);
  });

  it('does not copy what is not there, and keeps the target', async () => {
    const folder = subject.folder();
    await put(subject.storage, `${folder}to`, 'kept');
    await expect(subject.storage.copy(`${folder}from`, `${folder}to`)).rejects.toBeInstanceOf(ObjectMissingError);
    expect(await readText(subject.storage, `${folder}to`)).toBe('kept');
  });

  it('keeps the bytes of an object that is copied onto itself', async () => {
    const key = `${subject.folder()}self`;
    await put(subject.storage, key, 'the bytes', { contentType: 'text/markdown' });
    // AWS refuses it, since nothing would change; other stores do it.
    await Promise.allSettled([subject.storage.copy(key, key)]);
    expect(await readText(subject.storage, key)).toBe('the bytes');
    expect((await facts(subject.storage, key)).contentType).toBe('text/markdown');
  });
}
