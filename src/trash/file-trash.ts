import { Injectable, Logger } from '@nestjs/common';
import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { DomainError } from '../errors/index.js';
import {
  FileNotFoundError,
  FileNotTrashedError,
  FilePurger,
  FilesService,
  FileStatus,
  StoredFile,
} from '../files/index.js';

/** How long the sweeper leaves files alone that a request is purging. */
const CLAIM_MS = 120_000;

/** What became of one file of a batch. */
export const DeletionOutcome = {
  /** In the trash now, or on its way out already. */
  Trashed: 'trashed',
  NotFound: 'not-found',
  /** Stays where it is; the code says why. */
  Refused: 'refused',
} as const;
export type DeletionOutcome = (typeof DeletionOutcome)[keyof typeof DeletionOutcome];

export interface Deletion {
  readonly id: string;
  readonly outcome: DeletionOutcome;
  /** Why not, where it is not in the trash. */
  readonly code?: string;
}

/** Many files into the trash at once, and one out of it for good. */
@Injectable()
export class FileTrash {
  private readonly logger = new Logger(FileTrash.name);

  constructor(
    private readonly em: EntityManager,
    private readonly files: FilesService,
    private readonly purger: FilePurger,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** One after the other, each in a transaction of its own, so that what is refused keeps nothing else back. */
  async trashMany(ids: readonly string[], actor: Actor): Promise<readonly Deletion[]> {
    const deletions: Deletion[] = [];
    for (const id of ids) deletions.push(await this.trashOne(id, actor));
    return deletions;
  }

  /**
   * Removes a trashed file for good, with its trashed results and the rest of its set: the objects at once where the store
   * lets it, else by the sweeper. Throws `FileNotTrashedError`; one that is being purged already stays so.
   */
  async purge(id: string, actor: Actor): Promise<void> {
    const leaving = await inTransaction(this.em, async (em) => {
      const files = await this.lockLeaving(em, id);
      const file = files.find((one) => one.id === id);
      if (file === undefined) throw new FileNotFoundError(id);
      if (file.status === FileStatus.Purging) return [];
      if (file.status !== FileStatus.Trashed) throw new FileNotTrashedError(id);
      const due = files.filter(({ status }) => status === FileStatus.Trashed);
      const leaseUntil = new Date(this.clock.now().getTime() + CLAIM_MS);
      for (const { id: leavingId, attempt } of due) {
        await em.nativeUpdate(
          StoredFile,
          { id: leavingId, status: FileStatus.Trashed, attempt },
          { status: FileStatus.Purging, attempt: attempt + 1, leaseUntil },
        );
      }
      await this.audit.record(
        em,
        due.map((one) => ({ action: 'file.purge-asked', actor, subjectType: 'file', subjectId: one.id })),
      );
      return due.map((one) => one.id);
    });
    if (leaving.length > 0) await this.remove(leaving, actor);
  }

  private async trashOne(id: string, actor: Actor): Promise<Deletion> {
    try {
      await this.files.trash(id, actor);
      return { id, outcome: DeletionOutcome.Trashed };
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error;
      const outcome = error.kind === 'not-found' ? DeletionOutcome.NotFound : DeletionOutcome.Refused;
      return { id, outcome, code: error.code };
    }
  }

  /** What cannot be removed now keeps its row, and the sweeper tries again once the claim has run out. */
  private async remove(ids: readonly string[], actor: Actor): Promise<void> {
    try {
      await this.purger.purge(ids, actor);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.logger.warn({ event: 'PURGE_DEFERRED', fileIds: ids, err: error }, 'the sweeper will remove what stays');
    }
  }

  /**
   * The file, whatever its status, and what leaves with it: trashed results, and the rest of its set, which comes and goes as
   * one. What belongs together is looked for only once the main file is locked: a deletion or a restore is over then.
   */
  private async lockLeaving(em: EntityManager, id: string): Promise<readonly StoredFile[]> {
    const seen = await em.findOne(StoredFile, { id });
    if (seen === null) throw new FileNotFoundError(id);
    const hasMain = (await em.count(StoredFile, { id: seen.mainId() })) > 0;
    const main = await this.files.lock(em, hasMain ? seen.mainId() : id);
    const { placeKey, revisionId } = main;
    const along = [
      { sourceFileId: main.id },
      ...(placeKey != null && revisionId != null ? [{ placeKey, revisionId }] : []),
    ];
    const others = await em.find(
      StoredFile,
      { id: { $ne: main.id }, $or: along, status: { $in: [FileStatus.Trashed, FileStatus.Purging] } },
      { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' }, refresh: true },
    );
    return [main, ...others];
  }
}
