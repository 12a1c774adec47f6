import { Injectable, Logger } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { ObjectStorage, StoreRefusedError } from '../storage/index.js';
import { FileStatus, StoredFile } from './stored-file.entity.js';

/** What became of the files of one call. */
export interface PurgeOutcome {
  /** Their objects and rows are gone. */
  readonly purged: readonly string[];
  /** Their objects could not be removed; the rows stay, to be tried again. */
  readonly kept: readonly string[];
}

/**
 * Removes files for good: object first, row last, so that a crash in between leaves a row that says what to do. Whoever asks,
 * objects leave from here alone: a URL to write one that was handed out has to have expired before, or whoever holds it could
 * bring back an object that no row knows.
 */
@Injectable()
export class FilePurger {
  private readonly logger = new Logger(FilePurger.name);

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /**
   * Purges files that are `rejected` or `purging`; any other is left alone, and so is one that may still be written. `again`: the objects are removed now, and the rows
   * stay until the next sweep has removed them once more.
   */
  async purge(
    ids: readonly string[],
    actor: Actor,
    { again = false }: { readonly again?: boolean } = {},
  ): Promise<PurgeOutcome> {
    const em = this.em.fork();
    await em.nativeUpdate(
      StoredFile,
      { id: { $in: [...ids] }, status: FileStatus.Rejected, ...this.notWritable() },
      { status: FileStatus.Purging },
    );
    const files = await em.find(StoredFile, {
      id: { $in: [...ids] },
      status: FileStatus.Purging,
      ...this.notWritable(),
    });
    const failedKeys = new Set<string>();
    for (const file of files) {
      // Only a file that never came to be confirmed can have left an upload open.
      if (file.storedAt === null && !(await this.uploadsAborted(file.key))) failedKeys.add(file.key);
    }
    const { failed } = await this.storage.deleteMany(
      files.map((file) => file.key).filter((key) => !failedKeys.has(key)),
    );
    if (failed.length > 0)
      this.logger.warn({ event: 'PURGE_INCOMPLETE', failed: failed.slice(0, 10), count: failed.length });
    for (const { key } of failed) failedKeys.add(key);
    if (again) return { purged: [], kept: files.map((file) => file.id) };
    const gone = files.filter((file) => !failedKeys.has(file.key));
    const purged = await inTransaction(em, async (tx) => {
      // Another node may be at it too: each row is removed, and told of, once.
      const removed = await tx.execute<{ id: string }[]>(
        `delete from stored_file where status = 'purging' and id in (${gone.map(() => '?').join(', ') || 'null'}) returning id`,
        gone.map((file) => file.id),
      );
      const ids = new Set(removed.map((row) => row.id));
      await this.audit.record(
        tx,
        gone
          .filter((file) => ids.has(file.id))
          .map((file) => ({
            action: 'file.purged',
            actor,
            subjectType: 'file',
            subjectId: file.id,
            details: { key: file.key, ...(file.rejectedReason != null && { reason: file.rejectedReason }) },
          })),
      );
      return [...ids];
    });
    return {
      purged,
      kept: files.filter((file) => failedKeys.has(file.key)).map((file) => file.id),
    };
  }

  /** Removes objects that have no row any more, and uploads that are open under their keys. */
  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.abortUploads(key);
      await this.storage.delete(key);
    }
  }

  private notWritable() {
    return { $or: [{ writableUntil: null }, { writableUntil: { $lte: this.clock.now() } }] };
  }

  /** False where the store refuses it: that file stays, and keeps no other back. */
  private async uploadsAborted(key: string): Promise<boolean> {
    try {
      await this.abortUploads(key);
      return true;
    } catch (error) {
      if (!(error instanceof StoreRefusedError)) throw error;
      this.logger.warn({ event: 'PURGE_REFUSED', key, err: error });
      return false;
    }
  }

  /** Asks the store, not our rows, which uploads are open under a key. */
  private async abortUploads(key: string): Promise<void> {
    let after: { key: string; uploadId: string } | undefined;
    do {
      const page = await this.storage.listUploads({ prefix: key, ...(after && { after }) });
      for (const upload of page.uploads) if (upload.key === key) await this.storage.abortMultipart(upload);
      after = page.nextAfter;
    } while (after !== undefined);
  }
}
