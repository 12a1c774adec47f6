import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../errors/index.js';
import { isMissing } from './disk-errors.js';
import { syncFolder } from './durable-files.js';

/** The secret in a file; made and written once, for its owner alone, when there is none yet. */
export async function readOrMakeSecret(path: string): Promise<string> {
  const present = await readSecret(path);
  if (present !== undefined) return present;
  const secret = randomBytes(32).toString('hex');
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await mkdir(dirname(path), { recursive: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${secret}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // Whole or not at all, and the first of several processes decides.
    await link(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  const decided = await readSecret(path);
  if (decided === undefined) throw new Error(`${path} is empty. Remove it, and a new secret is made.`);
  return decided;
}

async function readSecret(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return text === '' ? undefined : text;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
