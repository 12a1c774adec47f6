import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { listObjects } from './local-listing.js';
import { encodeFacts } from './local-object-file.js';
import { LocalObjectStore } from './local-object-store.js';
import { LocalTempFiles } from './local-temp-files.js';
import { pathOfKey } from './local-key-paths.js';

/** `LISTING_OBJECTS=200000` shows it at full size. */
const OBJECTS = Number(process.env['LISTING_OBJECTS'] ?? 20_000);
const MEBIBYTE = 1024 * 1024;
const MAX_GROWTH_BYTES = 40 * MEBIBYTE;

describe(`a listing of ${OBJECTS} objects`, () => {
  let root: string;
  let store: LocalObjectStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'local-listing-'));
    store = new LocalObjectStore(join(root, 'keys'), await LocalTempFiles.open(join(root, 'temp')));
  });

  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  }, 600_000);

  it.each([
    ['in one folder', 60, (index: number) => `folder/object-${index}.json`],
    // Each folder is opened once more; on a slow disk, that is what takes the time.
    ['in a folder each', 240, (index: number) => `sessions/session-${index}/transcript.json`],
  ])(
    'takes bounded memory and time when they lie %s',
    async (name, maxSeconds, keyOf) => {
      createObjects(join(root, 'keys'), keyOf);
      // Folders that changed a moment ago are not kept; a bucket of this size is seldom that young.
      await new Promise((resolve) => setTimeout(resolve, 200));
      const gc = exposedGc();
      gc();
      const heapBefore = process.memoryUsage().heapUsed;
      const began = performance.now();
      let growth = 0;
      let objects = 0;
      let last = '';
      let startAfter: string | undefined;
      for (let pages = 0; ; pages += 1) {
        const page = await listObjects(store, startAfter === undefined ? {} : { startAfter });
        for (const { key } of page.objects) {
          if (key <= last) throw new Error(`${key} comes behind ${last}`);
          last = key;
        }
        objects += page.objects.length;
        if (pages % 10 === 0) {
          gc();
          growth = Math.max(growth, process.memoryUsage().heapUsed - heapBefore);
        }
        startAfter = page.nextStartAfter;
        if (startAfter === undefined) break;
      }
      const seconds = (performance.now() - began) / 1000;
      console.log(
        `${objects} objects ${name}: ${seconds.toFixed(1)} s, heap +${(growth / MEBIBYTE).toFixed(1)} MiB, ` +
          `resident ${(process.memoryUsage().rss / MEBIBYTE).toFixed(0)} MiB`,
      );
      expect(objects).toBe(OBJECTS);
      expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
      expect(seconds).toBeLessThan(maxSeconds);
    },
    900_000,
  );
});

/** Whole objects, without the synchronising to the disk that storing them takes. */
function createObjects(root: string, keyOf: (index: number) => string): void {
  const facts = {
    sizeBytes: 0,
    etag: '0'.repeat(32),
    contentType: 'application/json',
    lastModified: '2026-01-01T00:00:00.000Z',
    checksums: { crc32: 'AAAAAA==' },
    storageClass: 'STANDARD',
  };
  for (let index = 0; index < OBJECTS; index += 1) {
    const key = keyOf(index);
    const path = pathOfKey(root, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, encodeFacts({ key, ...facts }));
  }
}

function exposedGc(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
