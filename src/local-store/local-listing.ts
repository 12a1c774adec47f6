import { dirname } from 'node:path';
import { Logger } from '@nestjs/common';
import { DomainError, errorMessage } from '../errors/index.js';
import type { KeyEntry } from './local-key-tree.js';
import { readObjectFacts } from './local-object-file.js';
import type { LocalObjectStore } from './local-object-store.js';
import { type DeleteManyResult, type ListOptions, MAX_PAGE, type ObjectPage } from '../object-storage/index.js';

/** Files opened or removed at a time for one call. */
const FILES_AT_ONCE = 16;

const logger = new Logger('LocalListing');

/** One page of the store, by the UTF-8 bytes of the keys. */
export async function listObjects(store: LocalObjectStore, options: ListOptions): Promise<ObjectPage> {
  const limit = Math.min(options.limit ?? MAX_PAGE, MAX_PAGE);
  const entries: KeyEntry[] = [];
  let more = false;
  for await (const entry of store.keys({ prefix: options.prefix, after: options.startAfter })) {
    more = entries.length === limit;
    if (more) break;
    entries.push(entry);
  }
  const objects = await inParallel(entries, listed);
  const last = entries.at(-1);
  return {
    objects: objects.filter((object) => object !== undefined),
    ...(more && last && { nextStartAfter: last.key }),
  };
}

/** Removes many objects, and then clears up each folder once. */
export async function deleteObjects(store: LocalObjectStore, keys: readonly string[]): Promise<DeleteManyResult> {
  const deleted: string[] = [];
  const failed: { key: string; code: string; message: string }[] = [];
  const folders = new Set<string>();
  await inParallel([...new Set(keys)], async (key) => {
    try {
      const path = await store.remove(key);
      if (path !== undefined) folders.add(dirname(path));
      deleted.push(key);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      failed.push({ key, code: error.code, message: error.message });
    }
  });
  await inParallel([...folders], (folder) => store.settle(folder));
  return { deleted, failed };
}

async function listed({ key, path }: KeyEntry): Promise<ObjectPage['objects'][number] | undefined> {
  try {
    const facts = await readObjectFacts(path);
    if (!facts) return undefined;
    const { sizeBytes, etag, lastModified, storageClass } = facts;
    return { key, sizeBytes, etag, lastModified: new Date(lastModified), storageClass };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // One damaged file must not hide all the others: whoever compares will miss it, and asking for it tells why.
    logger.error({ key, err: error }, `An object cannot be listed: ${errorMessage(error.cause)}`);
    return undefined;
  }
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array<R>(items.length);
  const next = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of next) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, items.length) }, worker));
  return results;
}
