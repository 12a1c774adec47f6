import { Injectable, Logger } from '@nestjs/common';
import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import { FileKinds, ObjectStorage, placeKeyOf } from '../storage/index.js';
import { Place } from './place.entity.js';
import { FileStatus, StoredFile } from './stored-file.entity.js';

const SETTLE_LEASE_MS = 60_000;
const SETTLE_BATCH = 50;

/**
 * Fixed names. Readers and links go through the row, which changes in one transaction; the copy at the place's own key, for
 * people and tools that read the bucket itself, follows.
 */
@Injectable()
export class Places {
  private readonly logger = new Logger(Places.name);

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly kinds: FileKinds,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** Locks the places of these files, in the transaction `em`: always before the files themselves. */
  async lock(em: EntityManager, files: readonly StoredFile[]): Promise<void> {
    const keys = files.flatMap((file) => (file.placeKey == null ? [] : [file.placeKey]));
    if (keys.length === 0) return;
    await em.find(Place, { key: { $in: keys } }, { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { key: 'asc' } });
  }

  /**
   * Makes a stored revision the current one, in the transaction `em`. The revision it replaces goes to the trash: its files are
   * returned, for their hooks.
   */
  async advance(em: EntityManager, file: StoredFile, actor: Actor): Promise<readonly StoredFile[]> {
    const { placeKey, revisionId, kind } = file;
    if (placeKey == null || revisionId == null) return [];
    const now = this.clock.now();
    await em.execute(
      `insert into place (key, kind, current_revision_id, updated_at) values (?, ?, ?, ?)
       on conflict (key) do update set current_revision_id = excluded.current_revision_id, updated_at = excluded.updated_at`,
      [placeKey, kind, revisionId, now],
    );
    const replaced = await em.execute<{ id: string }[]>(
      `update stored_file set status = 'trashed', trashed_at = ?, attempt = attempt + 1,
         trashed_with_id = case when variant is not null then source_file_id end, replaced_by_id = ?
       where place_key = ? and revision_id <> ? and status = 'stored' returning id`,
      [now, file.variant == null ? file.id : file.sourceFileId, placeKey, revisionId],
    );
    await this.audit.record(
      em,
      replaced.map(({ id }) => ({
        action: 'file.replaced',
        actor,
        subjectType: 'file',
        subjectId: id,
        details: { by: file.id },
      })),
    );
    return em.find(StoredFile, { id: { $in: replaced.map((row) => row.id) } }, { refresh: true });
  }

  /** Empties the places whose current revision these files are, in the transaction `em`. */
  async vacate(em: EntityManager, files: readonly StoredFile[]): Promise<void> {
    const revisions = files.flatMap((file) => (file.revisionId == null ? [] : [file.revisionId]));
    if (revisions.length === 0) return;
    await em.nativeUpdate(
      Place,
      { currentRevisionId: { $in: revisions } },
      { currentRevisionId: null, updatedAt: this.clock.now() },
    );
  }

  /** Puts restored files back as current where their place is empty; elsewhere the newer revision stays. */
  async reoccupy(em: EntityManager, files: readonly StoredFile[]): Promise<void> {
    for (const { placeKey, revisionId } of files) {
      if (placeKey == null || revisionId == null) continue;
      await em.nativeUpdate(
        Place,
        { key: placeKey, currentRevisionId: null },
        { currentRevisionId: revisionId, updatedAt: this.clock.now() },
      );
    }
  }

  /**
   * Brings the copies at the places' own keys up to their current revisions. Safe on many nodes at once and after a crash at
   * any point: a place counts as settled only when its row still names the revision that was copied.
   */
  async settle(): Promise<number> {
    let settled = 0;
    for (;;) {
      const due = await this.claimUnsettled();
      for (const place of due) if (await this.settleOne(place)) settled += 1;
      if (due.length < SETTLE_BATCH) return settled;
    }
  }

  private async claimUnsettled(): Promise<readonly Place[]> {
    const now = this.clock.now();
    const em = this.em.fork();
    const rows = await em.execute<{ key: string }[]>(
      `update place set lease_until = ? where key in (
         select key from place where current_revision_id is distinct from settled_revision_id
           and (lease_until is null or lease_until < ?)
         order by updated_at limit ${SETTLE_BATCH} for update skip locked)
       returning key`,
      [new Date(now.getTime() + SETTLE_LEASE_MS), now],
    );
    return rows.length === 0 ? [] : em.find(Place, { key: { $in: rows.map((row) => row.key) } });
  }

  private async settleOne({ key, kind, currentRevisionId }: Place): Promise<boolean> {
    const em = this.em.fork();
    try {
      if (currentRevisionId == null) {
        const { failed } = await this.storage.deleteMany(this.copiesOf(kind, key));
        if (failed[0] !== undefined) throw new Error(`${failed[0].key}: ${failed[0].message}`);
      } else {
        const files = await em.find(StoredFile, {
          placeKey: key,
          revisionId: currentRevisionId,
          status: FileStatus.Stored,
        });
        // The files went to the trash a moment ago, and the place changes with them: the next round sees it.
        if (files.length === 0) return false;
        for (const file of files) await this.storage.copy(file.key, placeKeyOf(file.key));
      }
    } catch (error) {
      // The lease runs out and the next round tries again; an earlier round's copy stays meanwhile.
      this.logger.warn({ event: 'PLACE_NOT_SETTLED', key, err: error }, 'a place could not be settled');
      return false;
    }
    const updated = await em.nativeUpdate(
      Place,
      { key, currentRevisionId: currentRevisionId ?? null },
      { settledRevisionId: currentRevisionId ?? null, leaseUntil: null },
    );
    if (updated > 0) return true;
    // The place moved on while the copy was made. The row says what lies there now, so that it counts as unsettled.
    await em.nativeUpdate(Place, { key }, { settledRevisionId: currentRevisionId ?? null, leaseUntil: null });
    return false;
  }

  /** Every key at which a place may have a copy: its own, and those of the rest of the set. */
  private copiesOf(kindName: string, placeKey: string): readonly string[] {
    const kind = this.kinds.get(kindName);
    const { parameters = {} } = kind.template.parse(placeKey) ?? {};
    return [placeKey, ...kind.variants.map(({ template }) => template.build(parameters))];
  }
}
