import { link, rename, rm, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../errors/index.js';
import { isMissing, onDisk } from './disk-errors.js';
import { removeEmptyFolders, syncFolder, withFolders } from './durable-files.js';
import { LocalKeyTree } from './local-key-tree.js';
import { pathOfKey } from './local-key-paths.js';
import { ObjectFileReader, readObjectFacts, type StoredFacts } from './local-object-file.js';
import { ObjectFileWriter } from './local-object-writer.js';
import type { LocalTempFiles } from './local-temp-files.js';
import { KeyTakenError } from '../object-storage/index.js';

export interface PublishOptions {
  readonly ifAbsent?: boolean | undefined;
}

/** The files of objects: each appears under its key whole, by one rename, and goes by one removal. */
export class LocalObjectStore {
  private readonly tree: LocalKeyTree;

  constructor(
    private readonly root: string,
    private readonly temp: LocalTempFiles,
  ) {
    this.tree = new LocalKeyTree(root);
  }

  newFile(options: { readonly sha256?: boolean } = {}): Promise<ObjectFileWriter> {
    return ObjectFileWriter.create(this.temp.newPath(), options);
  }

  open(key: string): Promise<ObjectFileReader | undefined> {
    return ObjectFileReader.open(pathOfKey(this.root, key));
  }

  facts(key: string): Promise<StoredFacts | undefined> {
    return readObjectFacts(pathOfKey(this.root, key));
  }

  /** Puts a finished file under its key. With `ifAbsent`, the file system decides who is first. */
  async publish(file: ObjectFileWriter, key: string, { ifAbsent = false }: PublishOptions = {}): Promise<void> {
    const target = pathOfKey(this.root, key);
    await onDisk('write', async () => {
      if (ifAbsent) await linkNew(file.path, target, key);
      else await withFolders(target, () => rename(file.path, target));
      await syncFolder(dirname(target));
    });
  }

  async delete(key: string): Promise<void> {
    const path = await this.remove(key);
    if (path !== undefined) await this.settle(dirname(path));
  }

  /** Removes the file of a key, for the caller to `settle` the folder later; undefined when there was none. */
  async remove(key: string): Promise<string | undefined> {
    const path = pathOfKey(this.root, key);
    return onDisk('delete', async () => {
      try {
        await unlink(path);
        return path;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  /** Makes removals from a folder last, and clears it away when it is empty. */
  async settle(folder: string): Promise<void> {
    await onDisk('delete', async () => {
      await syncFolder(folder);
      await removeEmptyFolders(folder, this.root);
    });
  }

  keys(range: Parameters<LocalKeyTree['keys']>[0]): ReturnType<LocalKeyTree['keys']> {
    return this.tree.keys(range);
  }
}

async function linkNew(from: string, target: string, key: string): Promise<void> {
  try {
    await withFolders(target, () => link(from, target));
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw new KeyTakenError(key, { cause: error });
    throw error;
  }
  await rm(from, { force: true });
}
