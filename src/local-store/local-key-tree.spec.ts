import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { LocalFolderWindows } from './local-folder-windows.js';
import { LocalKeyTree, type KeyRange } from './local-key-tree.js';
import { pathOfKey } from './local-key-paths.js';

const long = 'x'.repeat(197);
const segment = fc.constantFrom(
  ...['', 'a', 'b', 'A', 'a-', 'a.b', 'ab', '.', '..', '\u00e9', '\uff5e', '\u{1f600}', '~', '!'],
  ...[
    long,
    `${long}x`,
    `${long}x-`,
    `${long}xy`,
    `${long}/`,
    `${long}x0`,
    '\u6587'.repeat(80),
    `${'\u6587'.repeat(80)}a`,
  ],
);
const key = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'))
  .filter((text) => text !== '');
const text = fc.oneof(
  key,
  fc.tuple(key, fc.nat(30)).map(([whole, length]) => Array.from(whole).slice(0, length).join('')),
);

describe('the tree of keys', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'local-key-tree-'));
  });

  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  async function store(keys: Iterable<string>, below = root): Promise<void> {
    for (const one of keys) {
      const path = pathOfKey(below, one);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, '');
    }
  }

  async function keysOf(tree: LocalKeyTree, range: KeyRange = {}): Promise<string[]> {
    const keys: string[] = [];
    for await (const entry of tree.keys(range)) keys.push(entry.key);
    return keys;
  }

  it('gives keys in the order of their bytes, for any prefix and start, in windows of any size', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { minLength: 1, maxLength: 14 }),
        fc.array(fc.record({ prefix: text, after: text, from: text }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (keys, ranges, windowEntries) => {
          run += 1;
          const below = join(root, String(run));
          await store(keys, below);
          const tree = new LocalKeyTree(below, new LocalFolderWindows(windowEntries));
          const sorted = keys.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
          expect(await keysOf(tree)).toEqual(sorted);
          for (const { prefix, after, from } of ranges) {
            const matching = sorted.filter((one) => one.startsWith(prefix));
            const compareTo = (one: string, start: string): number =>
              Buffer.compare(Buffer.from(one), Buffer.from(start));
            expect(await keysOf(tree, { prefix, after })).toEqual(matching.filter((one) => compareTo(one, after) > 0));
            expect(await keysOf(tree, { prefix, from })).toEqual(matching.filter((one) => compareTo(one, from) >= 0));
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  it('sees what was added and removed between two looks at a large folder', async () => {
    const keys = Array.from({ length: 600 }, (_, index) => `folder/${String(index).padStart(4, '0')}`);
    await store(keys);
    const tree = new LocalKeyTree(root, new LocalFolderWindows(300));
    for (let round = 0; round < 10; round += 1) {
      expect(await keysOf(tree)).toEqual(keys);
      // Long enough for what was read to be kept, in every other round.
      if (round % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 120));
      expect(await keysOf(tree)).toEqual(keys);
      const gone = keys.splice(round * 7, 1)[0]!;
      await rm(pathOfKey(root, gone));
      keys.push(`folder/${9000 + round}`);
      await store(keys.slice(-1));
    }
  });

  it('passes over what is not its own', async () => {
    await store(['a', 'b/c']);
    await writeFile(join(root, '.DS_Store'), '');
    await writeFile(join(root, 'notes'), '');
    await mkdir(join(root, 'Folder'));
    expect(await keysOf(new LocalKeyTree(root))).toEqual(['a', 'b/c']);
  });

  it('gives nothing where there is no folder', async () => {
    expect(await keysOf(new LocalKeyTree(join(root, 'nowhere')), { prefix: 'a/b/c' })).toEqual([]);
  });
});
