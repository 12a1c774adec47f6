import { inByteOrder, keysBelow, put, type Subject } from './storage-under-test.js';

/** Names whose order as UTF-8 bytes is not that of folders, of UTF-16 units, of a language, or of what a path becomes. */
const TRICKY_NAMES = [
  'a',
  'a-',
  'a-b',
  'a.b',
  'a/',
  'a/b',
  'a/b-c',
  'a/b/c',
  'a/b0',
  'a0',
  'aa',
  'B',
  'Z/z',
  'b',
  'b!c',
  'b c',
  'z',
  '_',
  '~',
  '\u00e9',
  'e\u0301',
  '\u6587',
  '\ue000',
  '\uff5e',
  '\uffef/x',
  '\u{10000}',
  '\u{1f600}',
] as const;

export function listingBehaviours(subject: Subject): void {
  async function storeAll(names: readonly string[]): Promise<{ readonly folder: string; readonly keys: string[] }> {
    const folder = subject.folder();
    const keys = names.map((name) => folder + name);
    await Promise.all(keys.map((key) => put(subject.storage, key, key)));
    return { folder, keys: inByteOrder(keys) };
  }

  it('lists by the bytes of the keys', async () => {
    const { folder, keys } = await storeAll(TRICKY_NAMES);
    expect(await keysBelow(subject.storage, folder)).toEqual(keys);
  });

  it.each([1, 2, 5, TRICKY_NAMES.length - 1])('gives the whole in pages of %i', async (limit) => {
    const { folder, keys } = await storeAll(TRICKY_NAMES);
    expect(await keysBelow(subject.storage, folder, limit)).toEqual(keys);
  });

  it('says nothing of a next page on the last one, even when it is full', async () => {
    const { folder } = await storeAll(['a', 'b/c', 'd']);
    const page = await subject.storage.list({ prefix: folder, limit: 3 });
    expect(page.objects).toHaveLength(3);
    expect(page.nextStartAfter).toBeUndefined();
    expect((await subject.storage.list({ prefix: folder, limit: 2 })).nextStartAfter).toBe(`${folder}b/c`);
  });

  it('goes on behind any key, there or not', async () => {
    const { folder, keys } = await storeAll(TRICKY_NAMES);
    const behind = [...TRICKY_NAMES, 'a/a', 'a/b/', 'a,', 'a/c', 'a/b/c/d', '', 'zz', '\u{1ffff}'];
    for (const name of behind) {
      const startAfter = folder + name;
      const page = await subject.storage.list({ prefix: folder, startAfter });
      const expected = keys.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) > 0);
      expect(page.objects.map((object) => object.key)).toEqual(expected);
    }
  });

  it('begins at the prefix when asked to begin before it, and ends behind it', async () => {
    const { folder, keys } = await storeAll(['a', 'b', 'c']);
    const before = await subject.storage.list({ prefix: folder, startAfter: 'a' });
    expect(before.objects.map((object) => object.key)).toEqual(keys);
    const behind = await subject.storage.list({ prefix: folder, startAfter: 'zzz' });
    expect(behind).toEqual({ objects: [] });
  });

  it('takes any text for a prefix, not only folders', async () => {
    const { folder, keys } = await storeAll(TRICKY_NAMES);
    for (const name of ['a', 'a/', 'a/b', 'a/b/', 'a-', 'b', '\u00e9', 'e', 'nothing', 'a//', 'Z']) {
      const prefix = folder + name;
      expect(await keysBelow(subject.storage, prefix, 2)).toEqual(keys.filter((key) => key.startsWith(prefix)));
    }
  });

  it('lists nothing where nothing is', async () => {
    expect(await subject.storage.list({ prefix: subject.folder() })).toEqual({ objects: [] });
  });

  it('tells size, ETag, time and storage class of each object', async () => {
    const folder = subject.folder();
    const { etag } = await put(subject.storage, `${folder}x`, 'four');
    const [object] = (await subject.storage.list({ prefix: folder })).objects;
    expect(object).toMatchObject({ key: `${folder}x`, sizeBytes: 4, etag, storageClass: 'STANDARD' });
    expect(Math.abs((object?.lastModified.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('shows a new object at once, and a deleted one no more', async () => {
    const folder = subject.folder();
    for (let round = 0; round < 20; round += 1) {
      await put(subject.storage, `${folder}${round}`, 'x');
      expect(await keysBelow(subject.storage, folder)).toContain(`${folder}${round}`);
      if (round > 0) {
        await subject.storage.delete(`${folder}${round - 1}`);
        expect(await keysBelow(subject.storage, folder)).not.toContain(`${folder}${round - 1}`);
      }
    }
  });

  it('merges pages to the whole while other keys come and go', async () => {
    const { folder, keys } = await storeAll(Array.from({ length: 40 }, (_, index) => `m/${index}/x`));
    const listed: string[] = [];
    let startAfter: string | undefined;
    for (let page = 0; ; page += 1) {
      const answer = await subject.storage.list({ prefix: folder, limit: 3, ...(startAfter && { startAfter }) });
      listed.push(...answer.objects.map((object) => object.key));
      startAfter = answer.nextStartAfter;
      if (startAfter === undefined) break;
      await put(subject.storage, `${folder}l/${page}`, 'passed already');
      if (page > 0) await subject.storage.delete(`${folder}l/${page - 1}`);
    }
    expect(listed).toEqual(keys);
  });
}
