import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { AuditLog, type AuditEntry } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { Clock, Ids } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { FileEvent, FileHooks, Places, StoredFile } from '../files/index.js';

/** How many files are in memory at a time. */
const CHUNK = 500;

/** Files whose place was given to another since. */
const SUPERSEDED = `exists (select 1 from place where place.key = stored_file.place_key and place.current_revision_id is not null)`;

const SOURCE_STORED = `exists (select 1 from stored_file source
  where source.id = stored_file.source_file_id and source.status = 'stored')`;

/** A condition on files, and the one value in it. */
interface Selection {
  readonly where: string;
  readonly id: string;
}

/** What a deletion took. */
export interface SessionTrashed {
  readonly files: number;
}

/** What became of the files that a deletion had taken. */
export interface SessionRestored {
  /** Stored again. */
  readonly restored: number;
  /** Something newer has their place, or their source is gone. They can be restored one by one, where that is possible. */
  readonly leftInTrash: number;
}

/** Moves all files of a session to the trash as one, and back. Each call is one transaction: all of it, or nothing. */
@Injectable()
export class SessionTrash {
  constructor(
    private readonly em: EntityManager,
    private readonly places: Places,
    private readonly hooks: FileHooks,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * Moves every stored file of a session to the trash. One that is confirmed meanwhile goes along or stays, never half of it:
   * results wait for their source's row.
   */
  async trash(sessionId: string, actor: Actor): Promise<SessionTrashed> {
    return inTransaction(this.em, async (em) => {
      const deletionId = this.ids.next();
      const now = this.clock.now();
      await lockSourcesAndPlaces(em, { where: "session_id = ? and status = 'stored'", id: sessionId });
      const taken = await em.execute<{ id: string }[]>(
        `update stored_file set status = 'trashed', attempt = attempt + 1, trashed_at = ?, trashed_in = ?, trashed_with_id = source_file_id
         where id in (select id from stored_file where session_id = ? and status = 'stored' order by id for update) returning id`,
        [now, deletionId, sessionId],
      );
      if (taken.length === 0) return { files: 0 };
      await inChunks(em, taken, async (files) => {
        await this.places.vacate(em, files);
        await this.settle(em, { event: FileEvent.Trashed, files, actor });
      });
      await this.record(em, {
        action: 'session.trashed',
        subjectId: sessionId,
        actor,
        details: { deletionId, files: taken.length },
      });
      return { files: taken.length };
    });
  }

  /**
   * Brings back what the session's latest deletion took, as far as it has not been purged or brought back by itself; undefined
   * when there is nothing of the kind. Where something newer has a file's place, that stays, and the file with it in the trash.
   */
  async restore(sessionId: string, actor: Actor): Promise<SessionRestored | undefined> {
    return inTransaction(this.em, async (em) => {
      const [latest] = await em.execute<{ trashed_in: string }[]>(
        `select trashed_in from stored_file where session_id = ? and status = 'trashed' and trashed_in is not null
         order by trashed_at desc, trashed_in desc limit 1`,
        [sessionId],
      );
      if (latest === undefined) return undefined;
      const deletionId = latest.trashed_in;
      await lockSourcesAndPlaces(em, { where: "trashed_in = ? and status = 'trashed'", id: deletionId });
      const superseded = await leaveInTrash(em, { id: deletionId, where: SUPERSEDED });
      const restored = [
        ...(await restoreRows(em, { id: deletionId, where: 'source_file_id is null' })),
        // A result comes back only with its source, which may have been purged by itself.
        ...(await restoreRows(em, { id: deletionId, where: SOURCE_STORED })),
      ];
      await inChunks(em, restored, async (files) => {
        await this.places.reoccupy(em, files);
        await this.settle(em, { event: FileEvent.Restored, files, actor });
      });
      const orphaned = await leaveInTrash(em, { id: deletionId, where: 'true' });
      const outcome = { restored: restored.length, leftInTrash: superseded + orphaned };
      // Somebody else brought them back while this one waited for the locks.
      if (outcome.restored + outcome.leftInTrash === 0) return undefined;
      await this.record(em, {
        action: 'session.restored',
        subjectId: sessionId,
        actor,
        details: { deletionId, ...outcome },
      });
      return outcome;
    });
  }

  /** Audit rows and hooks of an event, in its transaction. */
  private async settle(
    em: EntityManager,
    { event, files, actor }: { event: FileEvent; files: readonly StoredFile[]; actor: Actor },
  ): Promise<void> {
    await this.audit.record(
      em,
      files.map((file) => ({ action: `file.${event}`, actor, subjectType: 'file', subjectId: file.id })),
    );
    for (const file of files) await this.hooks.run(event, em, file);
  }

  private record(em: EntityManager, entry: Omit<AuditEntry, 'subjectType'>): Promise<void> {
    return this.audit.record(em, [{ ...entry, subjectType: 'session' }]);
  }
}

/** What is left in the trash is no longer this deletion's. */
async function leaveInTrash(em: EntityManager, { where, id }: Selection): Promise<number> {
  const left = await em.execute<unknown[]>(
    `update stored_file set trashed_in = null, trashed_with_id = null, attempt = attempt + 1
     where id in (select id from stored_file where trashed_in = ? and status = 'trashed' and ${where} order by id for update)
     returning id`,
    [id],
  );
  return left.length;
}

/** Locks what results may be made of, then places: both before other files. */
async function lockSourcesAndPlaces(em: EntityManager, { where, id }: Selection): Promise<void> {
  await em.execute(
    `select 1 from stored_file where ${where} and source_file_id is null and place_key is null order by id for update`,
    [id],
  );
  await em.execute(
    `select 1 from place where key in (select place_key from stored_file where ${where} and place_key is not null)
     order by key for update`,
    [id],
  );
}

/** Files that a deletion took, and that are in the trash still; `where` says which of them. */
function restoreRows(em: EntityManager, { where, id }: Selection): Promise<{ id: string }[]> {
  return em.execute<{ id: string }[]>(
    `update stored_file set status = 'stored', attempt = attempt + 1, trashed_at = null, trashed_with_id = null, trashed_in = null,
       lease_until = null
     where id in (select id from stored_file where trashed_in = ? and status = 'trashed' and ${where} order by id for update)
     returning id`,
    [id],
  );
}

/** Loads files by their ids, a chunk at a time, in the order of their ids. */
async function inChunks(
  em: EntityManager,
  rows: readonly { id: string }[],
  work: (files: readonly StoredFile[]) => Promise<void>,
): Promise<void> {
  const ids = rows.map((row) => row.id).sort();
  for (let start = 0; start < ids.length; start += CHUNK) {
    const chunk = ids.slice(start, start + CHUNK);
    await work(await em.find(StoredFile, { id: { $in: chunk } }, { orderBy: { id: 'asc' }, refresh: true }));
    em.clear();
  }
}
