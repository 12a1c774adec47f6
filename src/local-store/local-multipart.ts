import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing, onDisk } from './disk-errors.js';
import {
  makeFolders,
  OWNER_ONLY_FILE,
  OWNER_ONLY_FOLDER,
  removeEmptyFolders,
  syncFolder,
  withFolders,
} from './durable-files.js';
import { LocalKeyTree } from './local-key-tree.js';
import { pathOfKey } from './local-key-paths.js';
import { ObjectFileReader, readObjectFacts, type StoredFacts } from './local-object-file.js';
import type { ObjectFileWriter } from './local-object-writer.js';
import type { LocalTempFiles } from './local-temp-files.js';
import {
  InvalidPartError,
  MAX_PAGE,
  MAX_PARTS,
  type MultipartRef,
  type OpenUpload,
  type PartPage,
  type UploadedPart,
  UploadMissingError,
  type UploadPage,
} from '../object-storage/index.js';

/** Twelve digits of the time in milliseconds, so that uploads of a key sort by their beginning, and twenty of chance. */
const UPLOAD_ID = /^[0-9a-f]{32}$/;
const TIME_DIGITS = 12;
const FACTS_FILE = 'upload.json';
const PART_FILE = /^\d{5}$/;

interface UploadFacts {
  readonly key: string;
  readonly contentType: string;
}

/**
 * Open multipart uploads: a folder each, below the path of its key, with what was said at the beginning and a file for each
 * part, in the format of objects. A folder appears and goes by one rename.
 */
export class LocalMultipart {
  private readonly tree: LocalKeyTree;

  constructor(
    private readonly root: string,
    private readonly temp: LocalTempFiles,
  ) {
    this.tree = new LocalKeyTree(root);
  }

  async create(facts: UploadFacts, now: Date): Promise<MultipartRef> {
    const uploadId = now.getTime().toString(16).padStart(TIME_DIGITS, '0') + randomBytes(10).toString('hex');
    const ref = { key: facts.key, uploadId };
    const [made, target] = [this.temp.newPath(), this.pathOf(ref)];
    await onDisk('create upload', async () => {
      await withFolders(made, () => mkdir(made, { mode: OWNER_ONLY_FOLDER }));
      try {
        const file = await open(join(made, FACTS_FILE), 'wx', OWNER_ONLY_FILE);
        try {
          await file.writeFile(JSON.stringify(facts));
          await file.sync();
        } finally {
          await file.close();
        }
        await syncFolder(made);
        await withFolders(target, () => rename(made, target));
        await syncFolder(dirname(target));
      } catch (error) {
        await rm(made, { recursive: true, force: true });
        throw error;
      }
    });
    return ref;
  }

  /** What was said at the beginning. Throws `UploadMissingError` when the upload is not open. */
  async get(ref: MultipartRef): Promise<UploadFacts> {
    const text = await this.ifOpen(ref, () => readFile(join(this.pathOf(ref), FACTS_FILE), 'utf8'));
    // The folder appeared with this file in it, written whole.
    return JSON.parse(text) as UploadFacts;
  }

  /** Makes a finished file a part, in place of the one that had the number. */
  async publishPart(ref: MultipartRef, partNumber: number, file: ObjectFileWriter): Promise<void> {
    const folder = this.pathOf(ref);
    await this.ifOpen(ref, () => rename(file.path, partPath(folder, partNumber)));
    await onDisk('write part', () => syncFolder(folder));
  }

  openPart(ref: MultipartRef, partNumber: number): Promise<ObjectFileReader | undefined> {
    return ObjectFileReader.open(partPath(this.pathOf(ref), partNumber));
  }

  partFacts(ref: MultipartRef, partNumber: number): Promise<StoredFacts | undefined> {
    return readObjectFacts(partPath(this.pathOf(ref), partNumber));
  }

  async listParts(ref: MultipartRef, { after = 0, limit = MAX_PAGE }): Promise<PartPage> {
    const names = await this.ifOpen(ref, () => readdir(this.pathOf(ref)));
    const numbers = names
      .filter((name) => PART_FILE.test(name))
      .map(Number)
      .filter((partNumber) => partNumber > after)
      .sort((one, other) => one - other);
    const parts: UploadedPart[] = [];
    for (const partNumber of numbers.slice(0, limit)) {
      const facts = await this.partFacts(ref, partNumber);
      // Gone since: completed or aborted meanwhile.
      if (!facts) throw new UploadMissingError();
      parts.push(toPart(partNumber, facts));
    }
    const last = parts.at(-1)?.partNumber;
    return { parts, ...(last !== undefined && numbers.length > limit && { nextAfterPartNumber: last }) };
  }

  async listUploads(options: {
    readonly prefix?: string | undefined;
    readonly after?: MultipartRef | undefined;
    readonly limit: number;
  }): Promise<UploadPage> {
    const { prefix, after, limit } = options;
    const uploads: OpenUpload[] = [];
    for await (const { key, path } of this.tree.keys({ prefix, from: after?.key })) {
      for (const uploadId of await idsIn(path)) {
        if (key === after?.key && uploadId <= after.uploadId) continue;
        const last = uploads.at(-1);
        if (last && uploads.length === limit) return { uploads, nextAfter: { key: last.key, uploadId: last.uploadId } };
        uploads.push({ key, uploadId, initiatedAt: new Date(Number.parseInt(uploadId.slice(0, TIME_DIGITS), 16)) });
      }
    }
    return { uploads };
  }

  /** Drops an upload if it is open. It is gone from one moment to the next, its files soon after. */
  async drop(ref: MultipartRef): Promise<void> {
    if (!UPLOAD_ID.test(ref.uploadId)) return;
    const [path, dropped] = [this.pathOf(ref), this.temp.newPath()];
    await onDisk('abort upload', async () => {
      await makeFolders(dirname(dropped));
      try {
        await rename(path, dropped);
      } catch (error) {
        if (isMissing(error)) return;
        throw error;
      }
      await syncFolder(dirname(path));
      await rm(dropped, { recursive: true, force: true });
      await removeEmptyFolders(dirname(path), this.root);
    });
  }

  private pathOf({ key, uploadId }: MultipartRef): string {
    return join(pathOfKey(this.root, key), uploadId);
  }

  private async ifOpen<T>(ref: MultipartRef, work: () => Promise<T>): Promise<T> {
    if (!UPLOAD_ID.test(ref.uploadId)) throw new UploadMissingError();
    return onDisk('multipart upload', async () => {
      try {
        return await work();
      } catch (error) {
        if (isMissing(error)) throw new UploadMissingError({ cause: error });
        throw error;
      }
    });
  }
}

export function assertPartNumber(partNumber: number): void {
  if (Number.isInteger(partNumber) && partNumber >= 1 && partNumber <= MAX_PARTS) return;
  throw new InvalidPartError(`part numbers are 1 to ${MAX_PARTS}`);
}

export function toPart(partNumber: number, facts: StoredFacts): UploadedPart {
  const { etag, sizeBytes, checksums, lastModified } = facts;
  return {
    partNumber,
    etag,
    sizeBytes,
    ...(checksums.crc32 !== undefined && { crc32: checksums.crc32 }),
    modifiedAt: new Date(lastModified),
  };
}

function partPath(folder: string, partNumber: number): string {
  return join(folder, String(partNumber).padStart(5, '0'));
}

async function idsIn(path: string): Promise<string[]> {
  return onDisk('list uploads', async () => {
    try {
      return (await readdir(path)).filter((name) => UPLOAD_ID.test(name)).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  });
}
