import { mkdir, open, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../errors/index.js';
import { isMissing } from './disk-errors.js';

/** Users' files are nobody's on this machine but the service's. */
export const OWNER_ONLY_FILE = 0o600;
export const OWNER_ONLY_FOLDER = 0o700;

/** How often a folder may be removed under a writer, as the last object leaves it, before that is a fault. */
const MAX_ATTEMPTS = 100;

/** Does something that puts an entry at `path`, and makes the folders above it when they are not there (any more). */
export async function withFolders<T>(path: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw error;
      await makeFolders(dirname(path));
    }
  }
}

/** Makes a folder and those above it so that they survive a loss of power. */
export async function makeFolders(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: OWNER_ONLY_FOLDER }).catch((error: unknown) => {
    // Another's clearing away took a folder between two of ours; the caller tries again.
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Writes a folder's entries to the disk: a rename or a removal in it survives a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  // Windows has no such thing: it refuses to open a folder for it.
  if (process.platform === 'win32') return;
  let folder;
  try {
    folder = await open(path, 'r');
  } catch (error) {
    // Empty, and cleared away already.
    if (isMissing(error)) return;
    throw error;
  }
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes a folder and those above it, up to but not including `root`, as far as they are empty. */
export async function removeEmptyFolders(path: string, root: string): Promise<void> {
  for (let folder = path; folder.length > root.length; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (isMissing(error)) continue;
      // Not empty, or in use: whatever the system calls it, leaving an empty folder behind harms nobody.
      return;
    }
  }
}
