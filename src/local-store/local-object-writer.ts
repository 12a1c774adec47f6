import { createHash, randomBytes, type Hash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { crc32ToBase64, IncompleteBodyError, readBody } from '../object-storage/index.js';
import { onDisk } from './disk-errors.js';
import { OWNER_ONLY_FILE, withFolders } from './durable-files.js';
import { encodeFacts, type StoredFacts } from './local-object-file.js';

const NEVER = new AbortController().signal;

/** What the writer of a file knows; the rest follows from the bytes. */
export type WrittenFacts = Pick<StoredFacts, 'key' | 'contentType' | 'lastModified' | 'uploadId'> & {
  /** Random unless given. */
  readonly etag?: string;
};

export interface ReceiveOptions {
  readonly sizeBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file that is being written under a temporary path. */
export class ObjectFileWriter {
  private size = 0;
  private crc = 0;
  private finished = false;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private readonly sha256: Hash | undefined,
  ) {}

  static async create(path: string, options: { readonly sha256?: boolean } = {}): Promise<ObjectFileWriter> {
    const file = await onDisk('write', () => withFolders(path, () => open(path, 'wx', OWNER_ONLY_FILE)));
    return new ObjectFileWriter(path, file, options.sha256 === true ? createHash('sha256') : undefined);
  }

  get sizeBytes(): number {
    return this.size;
  }

  /** Appends a stream of exactly `sizeBytes`, where that is given. The stream's own error is rethrown as it is. */
  async receive(body: Readable, { sizeBytes, signal = NEVER }: ReceiveOptions): Promise<void> {
    const take = (chunk: Uint8Array): Promise<void> => {
      const received = this.size + chunk.length;
      if (sizeBytes !== undefined && received > sizeBytes) throw new IncompleteBodyError(sizeBytes, received);
      return this.append(chunk);
    };
    await readBody(body, take, signal);
    if (sizeBytes !== undefined && this.size !== sizeBytes) throw new IncompleteBodyError(sizeBytes, this.size);
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.crc = crc32(bytes, this.crc);
    this.sha256?.update(bytes);
    await onDisk('write', () => this.write(bytes));
    this.size += bytes.length;
  }

  /** Writes the facts and everything to the disk. */
  async finish({ etag, ...written }: WrittenFacts): Promise<StoredFacts> {
    const facts: StoredFacts = {
      ...written,
      etag: etag ?? randomBytes(16).toString('hex'),
      sizeBytes: this.size,
      checksums: { crc32: crc32ToBase64(this.crc), ...(this.sha256 && { sha256: this.sha256.digest('base64') }) },
      storageClass: 'STANDARD',
    };
    await onDisk('write', async () => {
      await this.write(encodeFacts(facts));
      await this.file.sync();
      this.finished = true;
      await this.file.close();
    });
    return facts;
  }

  /** Removes the file if it is still under its temporary path. */
  async discard(): Promise<void> {
    try {
      if (!this.finished) await this.file.close();
      await rm(this.path, { force: true });
    } catch {
      // Why the file is discarded is what matters to the caller; the next start removes it.
    }
  }

  private async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += (await this.file.write(bytes, at)).bytesWritten;
  }
}

/** Has a new file written and handed on; it is removed when that fails. */
export async function writeOrDiscard<T>(
  file: ObjectFileWriter,
  write: (file: ObjectFileWriter) => Promise<T>,
): Promise<T> {
  try {
    return await write(file);
  } catch (error) {
    await file.discard();
    throw error;
  }
}
