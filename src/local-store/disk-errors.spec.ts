import { readFile } from 'node:fs/promises';
import { onDisk } from './disk-errors.js';
import {
  InvalidKeyError,
  ObjectMissingError,
  StoreFullError,
  StoreRefusedError,
  StoreUnavailableError,
} from '../object-storage/index.js';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it did not work, write`), { code, syscall: 'write', errno: -1 });
}

describe('errors of the disk', () => {
  it.each([
    ['ENOSPC', StoreFullError],
    ['EDQUOT', StoreFullError],
    ['EIO', StoreUnavailableError],
    ['EMFILE', StoreUnavailableError],
    ['ENFILE', StoreUnavailableError],
    ['ENOENT', StoreUnavailableError],
    ['EACCES', StoreRefusedError],
    ['EROFS', StoreRefusedError],
    ['ENAMETOOLONG', InvalidKeyError],
  ])('%s is told as what it means for the store', async (code, type) => {
    await expect(onDisk('write', () => Promise.reject(systemError(code)))).rejects.toBeInstanceOf(type);
  });

  it('keep their cause', async () => {
    const error = systemError('EIO');
    await expect(onDisk('write', () => Promise.reject(error))).rejects.toMatchObject({ cause: error });
    const missing = await onDisk('read', () => readFile('/nowhere/at/all')).catch((thrown: unknown) => thrown);
    expect((missing as StoreUnavailableError).cause).toMatchObject({ code: 'ENOENT' });
  });

  it('are none of the errors that have another meaning', async () => {
    for (const error of [new ObjectMissingError('a'), new TypeError('a mistake')]) {
      await expect(onDisk('write', () => Promise.reject(error))).rejects.toBe(error);
    }
  });
});
