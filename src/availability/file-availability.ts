import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Clock } from '../config/index.js';
import type { SentContent } from '../content/index.js';
import type { DomainError } from '../errors/index.js';
import {
  FileCondition,
  FileNotStoredError,
  FilesService,
  FileStatus,
  FileTrashedError,
  StoredFile,
} from '../files/index.js';
import {
  AvailabilityState,
  FileKinds,
  ObjectMissingError,
  ObjectStorage,
  RetentionClass,
  type ObjectInfo,
} from '../storage/index.js';
import { FileArchivedError, FileQuarantinedError, NotLinkableError, type RefusedFile } from './availability.errors.js';

/** What lifecycle rules move to classes that have to be thawed. Of all else no link costs a question to the store. */
const MAY_BE_ARCHIVED: ReadonlySet<RetentionClass> = new Set([RetentionClass.Original]);
const QUESTIONS_IN_FLIGHT = 8;
const MAX_CLASS_LENGTH = 32;

/** Which files can be read, and which cannot, and why. */
export interface Readability {
  readonly refused: readonly RefusedFile[];
  readonly until: Date | undefined;
}

/** Whether files may be given out, and whether the store can read them now; what it says is kept on the record. */
@Injectable()
export class FileAvailability {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly kinds: FileKinds,
    private readonly files: FilesService,
    private readonly clock: Clock,
  ) {}

  /** A file that may be given out: stored, and of a kind that is. Throws otherwise. */
  async get(id: string): Promise<StoredFile> {
    const file = await this.files.get(id);
    const obstacle = this.findObstacle(file);
    if (obstacle !== undefined) throw obstacle;
    return file;
  }

  /** Why a file may not be given out, whatever the store says of it; undefined when it may. */
  findObstacle(file: StoredFile): DomainError | undefined {
    return notStored(file) ?? (this.kinds.get(file.kind).linkable ? undefined : new NotLinkableError(file.kind));
  }

  /** Throws `FileTrashedError` or `FileNotStoredError` where it is not stored. */
  async getStored(id: string): Promise<StoredFile> {
    const file = await this.files.get(id);
    const obstacle = notStored(file);
    if (obstacle !== undefined) throw obstacle;
    return file;
  }

  /**
   * Which of these can be read now, and until when all of them can where that ends. Asks the store about those that may be
   * archived; rejects when it does not answer.
   */
  async examine(files: readonly StoredFile[]): Promise<Readability> {
    const refused: RefusedFile[] = [];
    const ends: number[] = [];
    const waiting = files.values();
    const work = async (): Promise<void> => {
      for (const file of waiting) {
        try {
          const { until } = await this.availabilityOf(file);
          if (until !== undefined) ends.push(until.getTime());
        } catch (reason) {
          if (!isAboutTheFile(reason)) throw reason;
          refused.push({ fileId: file.id, reason });
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(QUESTIONS_IN_FLIGHT, files.length) }, work));
    return { refused, until: ends.length === 0 ? undefined : new Date(Math.min(...ends)) };
  }

  /**
   * The store's facts about the object of a file, which can be read now. Throws `FileArchivedError`,
   * `FileQuarantinedError`, `ObjectMissingError`.
   */
  async readable(file: StoredFile): Promise<ObjectInfo> {
    this.assertWhole(file);
    const info = await this.ask(file);
    const { state } = info.availability;
    if (state === AvailabilityState.Archived || state === AvailabilityState.Thawing) {
      throw new FileArchivedError(file.id, info);
    }
    return info;
  }

  /**
   * What there is to know of a file's bytes before they are read: of one that may be archived by the store's word, of any other
   * by its record. Throws as `readable` does.
   */
  async facts(file: StoredFile): Promise<SentContent> {
    if (this.mayBeArchived(file)) return this.readable(file);
    this.assertWhole(file);
    const { sizeBytes, etag, contentType, storedAt, createdAt } = file;
    return { sizeBytes: sizeBytes ?? 0, etag: etag ?? '', contentType, lastModified: storedAt ?? createdAt };
  }

  /** Throws `ObjectMissingError` or `FileQuarantinedError` where the record says that the bytes are not to be had. */
  assertWhole({ id, key, condition }: StoredFile): void {
    switch (condition) {
      case FileCondition.Ok:
        return;
      case FileCondition.Missing:
        throw new ObjectMissingError(key);
      case FileCondition.Quarantined:
        throw new FileQuarantinedError(id);
      default:
        condition satisfies never;
    }
  }

  /** Asks the store, and keeps on the record what it says of class and archive. Throws `ObjectMissingError`. */
  async ask(file: StoredFile): Promise<ObjectInfo> {
    const info = await this.storage.head(file.key);
    if (info === undefined) throw new ObjectMissingError(file.key);
    await this.keep(file, info);
    return info;
  }

  private async keep(file: StoredFile, { storageClass, availability: { state, until } }: ObjectInfo): Promise<void> {
    const known = storageClass.slice(0, MAX_CLASS_LENGTH);
    const isNews =
      file.storageClass !== known ||
      file.availability !== state ||
      (file.availableUntil?.getTime() ?? undefined) !== until?.getTime();
    if (!isNews) return;
    // Somebody else may have changed the file meanwhile: then the next question tells.
    await this.em.fork().nativeUpdate(
      StoredFile,
      { id: file.id, status: file.status, attempt: file.attempt },
      {
        storageClass: known,
        availability: state,
        availableUntil: until ?? null,
        availabilityAskedAt: this.clock.now(),
      },
    );
  }

  private async availabilityOf(file: StoredFile): Promise<{ readonly until?: Date | undefined }> {
    this.assertWhole(file);
    return this.mayBeArchived(file) ? (await this.readable(file)).availability : {};
  }

  private mayBeArchived(file: StoredFile): boolean {
    if (file.availability !== AvailabilityState.Available) return true;
    const kind = this.kinds.all.find(({ name }) => name === file.kind);
    // Of a kind that no module declares any more, the rules are not known.
    return kind === undefined || MAY_BE_ARCHIVED.has(kind.retentionClass);
  }
}

function notStored(file: StoredFile): DomainError | undefined {
  if (file.status === FileStatus.Trashed) return new FileTrashedError(file.id);
  return file.isStored() ? undefined : new FileNotStoredError(file.id, file.status);
}

function isAboutTheFile(error: unknown): error is DomainError {
  return (
    error instanceof FileArchivedError || error instanceof FileQuarantinedError || error instanceof ObjectMissingError
  );
}
