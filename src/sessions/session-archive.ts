import { addAbortSignal, PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { ZipFile } from 'yazl';
import { FileAvailability, type RefusedFile } from '../availability/index.js';
import { Clock } from '../config/index.js';
import { contentDisposition, type PlannedContent } from '../content/index.js';
import type { StoredFile } from '../files/index.js';
import { FileContent } from '../links/index.js';
import { ArchiveNames } from './archive-names.js';
import { SessionFiles } from './session-files.js';
import { sessionAsset, sessionClip, sessionOriginal, sessionResult, sessionTranscript } from './session-kinds.js';
import { ArchiveBrokenError, ArchiveRefusedError, SessionEmptyError } from './sessions.errors.js';

/** The folder of each kind in the archive; any other kind is in `other`. */
const FOLDERS: Readonly<Record<string, string>> = {
  [sessionOriginal.name]: 'originals',
  [sessionResult.name]: 'results',
  [sessionClip.name]: 'clips',
  [sessionTranscript.name]: 'transcripts',
  [sessionAsset.name]: 'assets',
};
const MANIFEST = 'manifest.json';
const FILE_MODE = 0o100644;
/** Media is compressed already. */
const COMPRESSIBLE = /^(?:text\/|application\/(?:json|x-subrip)\b)/;

/** One archive on its way: what is packed, and under which names. */
interface Packing {
  readonly sessionId: string;
  readonly zip: ZipFile;
  readonly names: ArchiveNames;
  /** Aborted when nobody reads any more. */
  readonly gone: AbortSignal;
  /** The lines of the manifest. */
  readonly packed: string[];
}

/**
 * Packs the stored files of a session into a ZIP while it is read. In memory: a chunk of one object, a page of records, and for
 * each file packed its entry in the ZIP's directory and in the manifest.
 */
@Injectable()
export class SessionArchive {
  constructor(
    private readonly files: SessionFiles,
    private readonly content: FileContent,
    private readonly availability: FileAvailability,
    private readonly clock: Clock,
  ) {}

  /**
   * How to answer GET and HEAD. Throws `SessionEmptyError`, and `ArchiveRefusedError` when a file of it cannot be read. The body
   * fails when an object cannot be read to its end.
   */
  async open(sessionId: string, method: string): Promise<PlannedContent> {
    const first = await this.files.page(sessionId);
    if (first.length === 0) throw new SessionEmptyError(sessionId);
    await this.assertReadable(sessionId, first);
    const headers = {
      'Content-Type': 'application/zip',
      'Content-Disposition': contentDisposition('attachment', `session-${sessionId}.zip`),
      'Cache-Control': 'private, no-store',
      'X-Content-Type-Options': 'nosniff',
    };
    const plan = { kind: 'whole', headers } as const;
    return method === 'HEAD' ? { plan } : { plan, body: this.pack(sessionId, first) };
  }

  /** Before the first byte, a page at a time: afterwards nothing could be said but that the connection ends. */
  private async assertReadable(sessionId: string, first: readonly StoredFile[]): Promise<void> {
    const refused: RefusedFile[] = [];
    for (let page = first; page.length > 0; page = await this.files.page(sessionId, page.at(-1)))
      refused.push(...(await this.availability.examine(page)).refused);
    const [one, ...others] = refused.sort((a, b) => a.fileId.localeCompare(b.fileId));
    if (one !== undefined) throw new ArchiveRefusedError(sessionId, [one, ...others]);
  }

  private pack(sessionId: string, first: readonly StoredFile[]): Readable {
    const zip = new ZipFile();
    const body = new PassThrough();
    const reader = new AbortController();
    body.once('close', () => {
      reader.abort();
    });
    const fail = (cause: unknown): void => {
      body.destroy(new ArchiveBrokenError(sessionId, { cause }));
    };
    zip.on('error', fail);
    zip.outputStream.pipe(body);
    this.fill({ sessionId, zip, names: new ArchiveNames(), gone: reader.signal, packed: [] }, first).catch(fail);
    return body;
  }

  /** Adds a file when the one before has been read: one object is open at a time. */
  private async fill(packing: Packing, first: readonly StoredFile[]): Promise<void> {
    const { sessionId, zip, names, packed } = packing;
    names.take('.', MANIFEST);
    for (let page = first; page.length > 0; page = await this.files.page(sessionId, page.at(-1))) {
      for (const file of page) {
        const path = names.take(folderOf(file), nameOf(file));
        await this.add(packing, file, path);
        packed.push(JSON.stringify(manifestEntry(file, path)));
      }
    }
    const head = JSON.stringify({ sessionId, packedAt: this.clock.now() }).slice(0, -1);
    const manifest = `${head},"files":[\n${packed.join(',\n')}\n]}\n`;
    zip.addBuffer(Buffer.from(manifest), MANIFEST, { mtime: this.clock.now(), mode: FILE_MODE });
    zip.end();
  }

  private async add({ zip, gone }: Packing, file: StoredFile, path: string): Promise<void> {
    gone.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const leave = (): void => {
      reject(gone.reason as Error);
    };
    gone.addEventListener('abort', leave, { once: true });
    const options = {
      size: file.sizeBytes ?? 0,
      mtime: file.createdAt,
      mode: FILE_MODE,
      compress: COMPRESSIBLE.test(file.contentType),
    };
    zip.addReadStreamLazy(path, options, (give) => {
      this.content
        .bytes(file)
        .then(async (bytes) => {
          const body = addAbortSignal(gone, bytes);
          give(null, body);
          await finished(body);
          resolve(undefined);
        })
        .catch(reject);
    });
    try {
      await promise;
    } finally {
      gone.removeEventListener('abort', leave);
    }
  }
}

function folderOf({ kind, key }: StoredFile): string {
  const folder = FOLDERS[kind] ?? 'other';
  const category = sessionAsset.parse(key)?.parameters['category'];
  return category === undefined ? folder : `${folder}/${category}`;
}

/** Results of several recordings differ in their keys, not in the names they are downloaded under. */
function nameOf(file: StoredFile): string {
  return file.placeKey == null ? file.originalFilename : file.placeKey.slice(file.placeKey.lastIndexOf('/') + 1);
}

function manifestEntry(file: StoredFile, path: string) {
  const { id, kind, key, originalFilename, contentType, sizeBytes, checksumAlgorithm, checksumValue } = file;
  const sha256 = checksumAlgorithm === 'SHA256' && checksumValue != null ? checksumValue : null;
  const source = { sourceFileId: file.sourceFileId ?? null, createdAt: file.createdAt };
  return {
    path,
    id,
    kind,
    key,
    originalFilename,
    contentType,
    sizeBytes,
    /** Hexadecimal, as sha256sum prints it. */
    sha256: sha256 && Buffer.from(sha256, 'base64').toString('hex'),
    ...source,
  };
}
