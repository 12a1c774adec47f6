import 'reflect-metadata';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SessionArchive } from '../../src/sessions/session-archive.js';
import { SessionFiles } from '../../src/sessions/session-files.js';
import { ObjectStorage } from '../../src/storage/index.js';
import { unzip } from '../e2e/zip.js';
import { openSessions, type Sessions } from './sessions-module.js';

const FILES = 450;
const SIZE = 1000;

describe('the archive of a session', () => {
  let sessions: Sessions;
  let archive: SessionArchive;
  let content: (key: string) => Readable | undefined;
  let says: (key: string) => 'available' | 'archived';
  let asked: string[] = [];
  let opened: Readable[] = [];
  let mostOpen = 0;

  beforeAll(async () => {
    sessions = await openSessions([SessionArchive, SessionFiles]);
    archive = sessions.module.get(SessionArchive);
    await sessions.em.fork().execute(
      `insert into stored_file (id, kind, bucket, key, original_filename, content_type, size_bytes, etag, checksum_algorithm, checksum_value,
         status, condition, attempt, session_id, metadata, tags, storage_class, created_by, created_at, stored_at)
       select gen_random_uuid(), case n % 3 when 0 then 'session-original' when 1 then 'session-clip' else 'unheard-of' end, 'local',
         'many/' || n, 'take.wav', 'audio/wav', ${SIZE}, 'e', 'SHA256', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', 'stored', 'ok', 1,
         'many', '{}', '{}', 'STANDARD', 'spec', now(), now() from generate_series(1, ${FILES}) n`,
    );
    const storage = sessions.module.get(ObjectStorage);
    storage.head = (key) => {
      asked.push(key);
      const state = says(key);
      const info = { etag: 'e', storageClass: state === 'archived' ? 'GLACIER' : 'STANDARD', availability: { state } };
      return Promise.resolve(info as NonNullable<Awaited<ReturnType<ObjectStorage['head']>>>);
    };
    storage.find = (key) => {
      const body = content(key);
      if (body === undefined) return Promise.resolve(undefined);
      opened.push(body);
      mostOpen = Math.max(mostOpen, opened.filter((one) => !one.closed && !one.readableEnded).length);
      return Promise.resolve({ body } as NonNullable<Awaited<ReturnType<ObjectStorage['find']>>>);
    };
  });
  afterAll(() => sessions.close());
  beforeEach(() => {
    opened = [];
    mostOpen = 0;
    asked = [];
    says = () => 'available';
    content = () => Readable.from([Buffer.alloc(SIZE / 2), Buffer.alloc(SIZE / 2, 1)], { objectMode: false });
  });

  const open = async (): Promise<Readable> => {
    const { body } = await archive.open('many', 'GET');
    if (body === undefined) throw new Error('GET has a body');
    return body;
  };

  it('has every file once, page after page, with one object open at a time', async () => {
    const found = await unzip(await buffer(await open()));
    expect(found.size).toBe(FILES + 1);
    expect(opened).toHaveLength(FILES);
    expect(mostOpen).toBe(1);
    // Clips are never archived: nobody asks the store for them.
    expect(asked).toHaveLength(300);
    const folders = Map.groupBy(found.keys(), (path) => path.split('/')[0]);
    expect([...folders].map(([folder, paths]) => [folder, paths.length]).sort()).toEqual([
      ['clips', 150],
      ['manifest.json', 1],
      ['originals', 150],
      ['other', 150],
    ]);
    const manifest = JSON.parse(found.get('manifest.json')?.bytes.toString() ?? '') as { files: { path: string }[] };
    expect(manifest.files.map(({ path }) => path).sort()).toEqual(
      [...found.keys()].filter((path) => path.includes('/')).sort(),
    );
    for (const { entry } of [...found.values()].slice(0, 3)) {
      expect(entry.compressionMethod).toBe(0);
      expect(entry.generalPurposeBitFlag & 0x800).toBe(0x800);
    }
  });

  it.each<[string, (key: string) => Readable | undefined]>([
    ['is missing', () => undefined],
    ['is shorter than its record says', () => Readable.from([Buffer.alloc(SIZE - 1)], { objectMode: false })],
    ['is longer than its record says', () => Readable.from([Buffer.alloc(SIZE + 1)], { objectMode: false })],
    [
      'breaks off',
      () =>
        Readable.from(
          (async function* () {
            yield Buffer.alloc(10);
            await Promise.resolve();
            throw new Error('the store went away');
          })(),
          { objectMode: false },
        ),
    ],
  ])('breaks when an object %s', async (_, broken) => {
    const whole = content;
    content = (key) => (key === 'many/100' ? broken(key) : whole(key));
    const chunks: Buffer[] = [];
    const body = await open();
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    await expect(finished(body)).rejects.toMatchObject({ code: 'ARCHIVE_BROKEN' });
    await expect(unzip(Buffer.concat(chunks))).rejects.toThrow();
    await sleep(20);
    expect(opened.filter((one) => !one.closed)).toEqual([]);
  });

  it('waits for its reader, and lets go of the store when the reader leaves', async () => {
    let given = 0;
    content = () =>
      new Readable({
        read() {
          given += 1;
          this.push(Buffer.alloc(64 * 1024));
        },
      });
    const body = await open();
    body.once('readable', () => {
      body.read(1);
    });
    await sleep(100);
    const before = given;
    expect(before).toBeLessThan(40);
    await sleep(50);
    expect(given).toBe(before);
    body.destroy();
    await sleep(20);
    expect(opened.map((one) => one.destroyed)).toEqual([true]);
  });

  it('is refused before its first byte while a file of it cannot be read, and names all of those', async () => {
    const em = sessions.em.fork();
    const idOf = async (key: string): Promise<string> =>
      (await em.execute<{ id: string }[]>('select id from stored_file where key = ?', [key]))[0]?.id ?? '';
    const [clip, original] = [await idOf('many/1'), await idOf('many/399')];
    says = (key) => (key === 'many/399' ? 'archived' : 'available');
    await expect(archive.open('many', 'GET')).rejects.toMatchObject({
      kind: 'conflict',
      code: 'ARCHIVED',
      details: { files: [{ fileId: original, code: 'ARCHIVED' }], fileCount: 1 },
    });
    says = () => 'available';
    await em.execute(`update stored_file set condition = 'quarantined' where id = ?`, [clip]);
    for (const method of ['GET', 'HEAD'])
      await expect(archive.open('many', method)).rejects.toMatchObject({
        kind: 'conflict',
        code: 'FILE_QUARANTINED',
        details: { files: [{ fileId: clip, code: 'FILE_QUARANTINED' }] },
      });
    expect(opened).toEqual([]);
    await em.execute(`update stored_file set condition = 'ok', availability = 'available' where session_id = 'many'`);
  });

  it('is not packed for HEAD, nor for a session without files', async () => {
    expect((await archive.open('many', 'HEAD')).body).toBeUndefined();
    expect(opened).toEqual([]);
    await expect(archive.open('nobody', 'GET')).rejects.toMatchObject({ code: 'SESSION_EMPTY' });
  });
});
