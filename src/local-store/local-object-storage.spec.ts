import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { openLocalStorage, type LocalStorageUnderTest } from '../../test/contract/local-storage-under-test.js';
import {
  bodyOf,
  bodyThatStalls,
  crc32Of,
  OCTETS,
  PART_BYTES,
  put,
  readText,
  someBytes,
} from '../../test/contract/storage-under-test.js';
import { Clock } from '../config/index.js';
import { LocalObjectStorage } from './local-object-storage.js';
import { pathOfKey } from './local-key-paths.js';
import { InvalidPartError, KeyTakenError, StoreUnavailableError, UploadMissingError } from '../object-storage/index.js';

describe('the local store', () => {
  let opened: LocalStorageUnderTest;
  let storage: LocalObjectStorage;

  beforeEach(async () => {
    opened = await openLocalStorage();
    storage = opened.storage;
  });

  afterEach(async () => {
    await opened.close();
  });

  /** Files that are being written. */
  async function temporaryFiles(): Promise<string[]> {
    const names = await readdir(join(opened.folder, 'temp'), { recursive: true, withFileTypes: true });
    return names.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  function pathOf(key: string): string {
    return pathOfKey(join(opened.folder, 'keys'), key);
  }

  /** The same store, as a process sees it that starts now. */
  function reopen(): Promise<LocalObjectStorage> {
    const { signer, folder } = opened;
    return LocalObjectStorage.open({ root: dirname(folder), bucket: storage.bucket, signer, clock: new Clock() });
  }

  it('is for its owner alone, files and folders', async () => {
    await put(storage, 'a/b', 'private', { contentType: 'text/plain' });
    const ref = await storage.createMultipart('c', { contentType: OCTETS });
    await storage.uploadPart(ref, 1, Buffer.from('part'));
    const entries = await readdir(opened.folder, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect([entry.name, mode & 0o077]).toEqual([entry.name, 0]);
    }
  });

  it('is there again after a restart, open uploads too', async () => {
    await put(storage, 'a/b', 'kept', { contentType: 'text/plain' });
    const ref = await storage.createMultipart('c', { contentType: OCTETS });
    const part = await storage.uploadPart(ref, 1, Buffer.from('part'));
    const again = await reopen();
    expect(await readText(again, 'a/b')).toBe('kept');
    expect(await again.head('a/b')).toMatchObject({ contentType: 'text/plain', checksums: { crc32: crc32Of('kept') } });
    await again.completeMultipart(ref, [part]);
    expect(await readText(again, 'c')).toBe('part');
  });

  it('has the bytes of an object at the beginning of its file', async () => {
    await put(storage, 'talk.txt', 'readable with any tool');
    expect((await readFile(pathOf('talk.txt'), 'utf8')).startsWith('readable with any tool{"key":"talk.txt"')).toBe(
      true,
    );
  });

  it('keeps keys that climb within its folder', async () => {
    const keys = [
      '../../../escape',
      '..',
      '../x',
      'a/../../../../escape',
      '..\\..\\escape',
      '/etc/passwd',
      '//',
      '%2e%2e/x',
    ];
    for (const key of keys) await put(storage, key, `I am ${key}`);
    for (const key of keys) expect(await readText(storage, key)).toBe(`I am ${key}`);
    expect(await readdir(dirname(opened.folder))).toEqual(['local']);
    expect((await readdir(opened.folder)).sort()).toEqual(['keys', 'temp', 'uploads']);
  });

  it('leaves no folder behind an object that is deleted, and no file behind one that fails', async () => {
    await put(storage, 'a/b/c/d', 'x');
    await storage.delete('a/b/c/d');
    const ref = await storage.createMultipart('e/f', { contentType: OCTETS });
    await storage.uploadPart(ref, 1, Buffer.from('x'));
    await storage.abortMultipart(ref);
    await expect(put(storage, 'g', 'x', { sizeBytes: 9 })).rejects.toThrow();
    for (const folder of ['keys', 'uploads']) expect(await readdir(join(opened.folder, folder))).toEqual([]);
    expect(await temporaryFiles()).toEqual([]);
  });

  it('puts into folders that another delete clears away at the same time', async () => {
    for (let round = 0; round < 40; round += 1) {
      await put(storage, 'a/b/c/old', 'x');
      await Promise.all([
        storage.delete('a/b/c/old'),
        put(storage, 'a/b/d/new', 'kept'),
        storage.createMultipart('a/b/e', { contentType: OCTETS }),
      ]);
      expect(await readText(storage, 'a/b/d/new')).toBe('kept');
      await storage.delete('a/b/d/new');
    }
  });

  it('closes every file', async () => {
    const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    await put(storage, 'a', someBytes(600_000));
    await put(storage, 'empty', '');
    const before = await openFiles();
    for (let round = 0; round < 50; round += 1) {
      for (const key of ['a', 'empty']) (await storage.find(key))?.body.destroy();
      await expect(storage.find('a', { start: 600_000 })).rejects.toThrow();
      await storage.head('a');
      await storage.copy('a', 'b');
      await expect(put(storage, 'a', 'x', { sizeBytes: 2 })).rejects.toThrow();
      await storage.list();
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await openFiles()).toBeLessThanOrEqual(before + 2);
  });

  it('removes at start what a killed process was writing, and nothing of one that lives', async () => {
    const body = bodyThatStalls(someBytes(1000));
    const writing = new AbortController();
    const mine = storage.put('mine', body, { contentType: OCTETS, signal: writing.signal });
    const [own] = await readdir(join(opened.folder, 'temp'));
    const [host, boot, pid, start] = own!.split('-');
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(other, 'spawn');
    const otherStart = (await readFile(`/proc/${other.pid!}/stat`, 'utf8')).split(') ')[1]!.split(' ')[19];
    const alive = [`${host!}-${boot!}-${other.pid!}-${otherStart!}`, `ffffffff-${boot!}-1-1`];
    const dead = [
      `${host!}-${boot!}-${pid!}-1`,
      `${host!}-00000000-${pid!}-${start!}`,
      `${host!}-${boot!}-${other.pid!}-1`,
    ];
    for (const name of [...alive, ...dead]) {
      await mkdir(join(opened.folder, 'temp', name));
      await writeFile(join(opened.folder, 'temp', name, 'half'), 'x');
    }
    await reopen();
    expect((await readdir(join(opened.folder, 'temp'))).sort()).toEqual([own!, ...alive].sort());
    const exit = once(other, 'exit');
    other.kill('SIGKILL');
    await exit;
    await reopen();
    expect((await readdir(join(opened.folder, 'temp'))).sort()).toEqual([own!, alive[1]!].sort());
    body.end();
    await mine;
    expect(await storage.head('mine')).toMatchObject({ sizeBytes: 1000 });
  });

  it('says of a damaged file that it cannot be read, and lists the others', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    for (const key of ['a', 'b', 'c', 'd']) await put(storage, key, 'some bytes');
    await truncate(pathOf('b'), (await stat(pathOf('b'))).size - 1);
    await writeFile(pathOf('c'), '');
    await expect(storage.head('b')).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(storage.find('c')).rejects.toBeInstanceOf(StoreUnavailableError);
    expect((await storage.list()).objects.map((object) => object.key)).toEqual(['a', 'd']);
    expect(logged).toHaveBeenCalledTimes(2);
    logged.mockRestore();
    await put(storage, 'b', 'whole again');
    await storage.delete('c');
    expect(await readText(storage, 'b')).toBe('whole again');
  });

  it('says that it has no bucket when the folder is gone', async () => {
    await storage.check();
    await rm(join(opened.folder, 'keys'), { recursive: true });
    await expect(storage.check()).rejects.toMatchObject({ code: 'BUCKET_MISSING' });
  });

  it('leaves the body of a refused object to who sent it', async () => {
    await put(storage, 'a', 'x');
    const body = Readable.from([Buffer.from('more')]);
    await expect(storage.put('a', body, { contentType: OCTETS, ifAbsent: true })).rejects.toBeInstanceOf(KeyTakenError);
    expect(body.destroyed).toBe(false);
    body.destroy();
  });

  it('takes a part number from 1 to 10,000', async () => {
    const ref = await storage.createMultipart('a', { contentType: OCTETS });
    for (const number of [0, -1, 1.5, 10_001, Number.NaN]) {
      await expect(storage.uploadPart(ref, number, Buffer.from('x'))).rejects.toBeInstanceOf(InvalidPartError);
    }
    await expect(storage.completeMultipart(ref, [])).rejects.toBeInstanceOf(InvalidPartError);
    await storage.uploadPart(ref, 10_000, Buffer.from('x'));
  });

  it('refuses a part that is named with another checksum', async () => {
    const ref = await storage.createMultipart('a', { contentType: OCTETS });
    const part = await storage.uploadPart(ref, 1, Buffer.from('x'));
    await expect(storage.completeMultipart(ref, [{ ...part, crc32: crc32Of('y') }])).rejects.toBeInstanceOf(
      InvalidPartError,
    );
  });

  it('completes once when asked twice at the same time, and an abort waits', async () => {
    const ref = await storage.createMultipart('a', { contentType: OCTETS });
    const parts = [
      await storage.uploadPart(ref, 1, someBytes(PART_BYTES)),
      await storage.uploadPart(ref, 2, Buffer.from('x')),
    ];
    const complete = (): Promise<unknown> => storage.completeMultipart(ref, parts, { ifAbsent: true });
    const [one, two] = await Promise.all([complete(), complete(), storage.abortMultipart(ref)]);
    expect(one).toEqual(two);
    expect(await storage.head('a')).toMatchObject({ sizeBytes: PART_BYTES + 1 });
    expect((await storage.listUploads()).uploads).toEqual([]);
  });

  it('finds what was done when it died between making the object and dropping the parts', async () => {
    const ref = await storage.createMultipart('a/b', { contentType: OCTETS });
    const part = await storage.uploadPart(ref, 1, Buffer.from('the part'));
    const [uploads, kept] = [join(opened.folder, 'uploads'), join(opened.folder, 'kept')];
    await cp(uploads, kept, { recursive: true });
    const first = await storage.completeMultipart(ref, [part], { ifAbsent: true });
    await cp(kept, uploads, { recursive: true });
    expect((await storage.listUploads()).uploads).toHaveLength(1);
    expect(await storage.completeMultipart(ref, [part], { ifAbsent: true })).toEqual(first);
    expect((await storage.listUploads()).uploads).toEqual([]);
    expect(await readText(storage, 'a/b')).toBe('the part');
  });

  it('knows a part that comes too late for no part', async () => {
    const ref = await storage.createMultipart('a', { contentType: OCTETS });
    const body = bodyThatStalls(Buffer.from('slow'));
    const late = storage.receivePart(ref, 1, body);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await storage.abortMultipart(ref);
    body.end();
    await expect(late).rejects.toBeInstanceOf(UploadMissingError);
    expect(await temporaryFiles()).toEqual([]);
  });

  it('keeps the checksum that a sender announced', async () => {
    const sha256 = 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=';
    await storage.put('a', bodyOf('abc'), { contentType: OCTETS, sha256 });
    expect((await storage.head('a'))?.checksums).toEqual({ crc32: crc32Of('abc'), sha256 });
    await storage.copy('a', 'b');
    expect((await storage.head('b'))?.checksums.sha256).toBe(sha256);
    await expect(storage.put('a', bodyOf('abd'), { contentType: OCTETS, sha256 })).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
    });
    expect(await readText(storage, 'a')).toBe('abc');
  });
});
