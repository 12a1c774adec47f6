import { Injectable } from '@nestjs/common';
import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { ObjectMissingError, ObjectStorage, type ObjectInfo } from '../storage/index.js';
import { FileEvent, FileHooks } from './file-hooks.js';
import { FileNotFoundError, FileNotStoredError, FileNotTrashedError, SourceTrashedError } from './files.errors.js';
import { Places } from './places.js';
import { FileStatus, StoredFile } from './stored-file.entity.js';

/** Finds files, and moves them to the trash and back. */
@Injectable()
export class FilesService {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly places: Places,
    private readonly hooks: FileHooks,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** The record; throws `FileNotFoundError`. */
  async get(id: string): Promise<StoredFile> {
    const file = await this.em.fork().findOne(StoredFile, { id });
    if (file === null) throw new FileNotFoundError(id);
    return file;
  }

  /** The record of a file that is stored or in the trash; throws `FileNotFoundError`, `FileNotStoredError`. */
  async getReceived(id: string): Promise<StoredFile> {
    const file = await this.get(id);
    if (!file.isStored() && file.status !== FileStatus.Trashed) throw new FileNotStoredError(id, file.status);
    return file;
  }

  /** The records that there are of these, in no order. */
  async findMany(ids: readonly string[]): Promise<readonly StoredFile[]> {
    return this.em.fork().find(StoredFile, { id: { $in: [...ids] } });
  }

  /** What the store has now under the file's key; throws `ObjectMissingError` when it has nothing. */
  async inspect(id: string): Promise<ObjectInfo> {
    const file = await this.get(id);
    const info = await this.storage.head(file.key);
    if (info === undefined) throw new ObjectMissingError(file.key);
    return info;
  }

  /**
   * Moves a stored file to the trash, its results and the rest of its set with it; so does any file of a set. One that is on
   * its way out already stays there.
   */
  async trash(fileId: string, actor: Actor): Promise<void> {
    await inTransaction(this.em, async (em) => {
      const id = (await em.findOne(StoredFile, { id: fileId }))?.mainId() ?? fileId;
      const file = await this.lock(em, id);
      if (file.isGone()) return;
      if (!file.isStored()) throw new FileNotStoredError(id, file.status);
      const results = await this.lockResults(em, { sourceFileId: id, status: FileStatus.Stored });
      const now = this.clock.now();
      await trashRow(em, file, now, null);
      for (const result of results) await trashRow(em, result, now, id);
      await this.places.vacate(em, [file, ...results]);
      await this.settle(em, FileEvent.Trashed, [file, ...results], actor);
    });
  }

  /**
   * Brings a file back from the trash, and the results that went with it. An older revision of a place becomes the current one
   * again. A result comes back only while its source is stored; a file of a set brings the whole set back.
   */
  async restore(fileId: string, actor: Actor): Promise<StoredFile> {
    return inTransaction(this.em, async (em) => {
      const id = (await em.findOne(StoredFile, { id: fileId }))?.mainId() ?? fileId;
      const file = await this.lock(em, id);
      if (file.status !== FileStatus.Trashed) throw new FileNotTrashedError(id);
      await assertSourceStored(em, file);
      await assertSetWhole(em, file);
      const results = await this.lockResults(em, { trashedWithId: id, status: FileStatus.Trashed });
      for (const { id: restored, attempt } of [file, ...results]) {
        await em.nativeUpdate(
          StoredFile,
          { id: restored, status: FileStatus.Trashed, attempt },
          {
            status: FileStatus.Stored,
            attempt: attempt + 1,
            trashedAt: null,
            trashedWithId: null,
            trashedIn: null,
            replacedById: null,
            leaseUntil: null,
          },
        );
      }
      const replaced = await this.places.advance(em, file, actor);
      for (const other of replaced) await this.hooks.run(FileEvent.Trashed, em, other);
      await this.places.reoccupy(em, results);
      await this.settle(em, FileEvent.Restored, [file, ...results], actor);
      const restored = await em.findOne(StoredFile, { id: fileId }, { refresh: true });
      if (restored === null) throw new FileNotFoundError(fileId);
      return restored;
    });
  }

  /** Locks a file in the transaction `em`: its source first, then its place, as everything that changes files does. */
  async lock(em: EntityManager, id: string): Promise<StoredFile> {
    const seen = await em.findOne(StoredFile, { id });
    if (seen === null) throw new FileNotFoundError(id);
    if (seen.sourceFileId != null) await lockRows(em, { id: seen.sourceFileId });
    await this.places.lock(em, [seen]);
    const [file] = await lockRows(em, { id });
    if (file === undefined) throw new FileNotFoundError(id);
    return file;
  }

  /** Locks what was made of a file that is locked. */
  private async lockResults(em: EntityManager, where: FilterQuery<StoredFile>): Promise<readonly StoredFile[]> {
    await this.places.lock(em, await em.find(StoredFile, where));
    return lockRows(em, where);
  }

  /** Audit rows and hooks of an event, in its transaction. */
  private async settle(em: EntityManager, event: FileEvent, files: readonly StoredFile[], actor: Actor): Promise<void> {
    await this.audit.record(
      em,
      files.map((file) => ({ action: `file.${event}`, actor, subjectType: 'file', subjectId: file.id })),
    );
    for (const file of files) await this.hooks.run(event, em, file);
  }
}

function lockRows(em: EntityManager, where: FilterQuery<StoredFile>): Promise<StoredFile[]> {
  return em.find(StoredFile, where, { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' }, refresh: true });
}

/** A set comes back whole or not at all: the sweeper may have begun with a part of it a moment ago. */
async function assertSetWhole(em: EntityManager, { id }: StoredFile): Promise<void> {
  const leaving = await em.count(StoredFile, { sourceFileId: id, variant: { $ne: null }, status: FileStatus.Purging });
  if (leaving > 0) throw new FileNotTrashedError(id);
}

async function assertSourceStored(em: EntityManager, { sourceFileId }: StoredFile): Promise<void> {
  if (sourceFileId == null) return;
  const source = await em.findOne(StoredFile, { id: sourceFileId }, { refresh: true });
  if (source?.status !== FileStatus.Stored) throw new SourceTrashedError(sourceFileId);
}

async function trashRow(
  em: EntityManager,
  file: StoredFile,
  trashedAt: Date,
  trashedWithId: string | null,
): Promise<void> {
  await em.nativeUpdate(
    StoredFile,
    { id: file.id, status: FileStatus.Stored, attempt: file.attempt },
    { status: FileStatus.Trashed, attempt: file.attempt + 1, trashedAt, trashedWithId },
  );
}
