import type { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { usageConfig, type UsageConfig } from './usage.config.js';
import { QuotaExceededError, QuotaScope } from './usage.errors.js';

/** A file that wants room. */
export interface RoomRequest {
  /** Null: nobody's, so that only the bound of everything applies. */
  readonly ownerId: string | null;
  /** Null where the sender did not say: there must be room for one byte at least. */
  readonly sizeBytes: number | null;
}

/** A pending file whose size is known now. */
export interface MeasuredFile {
  readonly fileId: string;
  readonly sizeBytes: number;
}

/** A quota that applies, and by what it is measured. */
interface Bound {
  readonly scope: QuotaScope;
  readonly quotaBytes: number;
  readonly ownerId: string | null;
}

/** One statement, so one moment: a file is on its way or stored, never both and never neither. */
const MEASURES: Readonly<Record<QuotaScope, string>> = {
  [QuotaScope.Owner]: measure("scope = 'owner' and subject_id = ?", 'and owner_id = ?'),
  [QuotaScope.Total]: measure("scope = 'all' and subject_id = ''", ''),
};

/** Keeps owners, and all of them together, to what their files may have. Without a quota it asks the database nothing. */
@Injectable()
export class Quotas {
  constructor(@Inject(usageConfig.KEY) private readonly config: UsageConfig) {}

  /**
   * Throws `QuotaExceededError` unless stored and trashed files, those on their way, and this one fit. Whoever else asks waits
   * until the transaction `em` ends, which therefore adds the pending row and does nothing slow.
   */
  async assertRoom(em: EntityManager, { ownerId, sizeBytes }: RoomRequest): Promise<void> {
    const bounds = this.boundsOf(ownerId);
    if (bounds.length === 0) return;
    await lock(em, bounds);
    // The owner's own bound is told first: that one he can do something about.
    for (const bound of bounds.toReversed()) {
      const { usedBytes, reservedBytes } = await read(em, bound);
      if (usedBytes + reservedBytes + (sizeBytes ?? 1) > bound.quotaBytes)
        throw new QuotaExceededError({
          scope: bound.scope,
          quotaBytes: bound.quotaBytes,
          usedBytes,
          reservedBytes,
        });
    }
  }

  /**
   * The same for pending files of one set whose sizes are known now, before the transaction `em` marks them stored. Together they
   * may have what was set aside for them, whatever the quotas say; only what is beyond needs room. Whoever confirms them.
   */
  async assertRoomBeyond(em: EntityManager, files: readonly MeasuredFile[]): Promise<void> {
    if (this.config.ownerQuotaBytes === null && this.config.totalQuotaBytes === null) return;
    const bounded = await em.execute<{ id: string; owner_id: string | null; reserved_bytes: string }[]>(
      `select id, owner_id, reserved_bytes::text as reserved_bytes from stored_file
       where id in (?) and reserved_bytes is not null`,
      [files.map(({ fileId }) => fileId)],
    );
    const sizes = new Map(files.map(({ fileId, sizeBytes }) => [fileId, sizeBytes]));
    const beyond = bounded.reduce((sum, row) => sum + (sizes.get(row.id) ?? 0) - Number(row.reserved_bytes), 0);
    // Files of one set are of one owner.
    if (beyond > 0) await this.assertRoom(em, { ownerId: bounded[0]?.owner_id ?? null, sizeBytes: beyond });
  }

  /** What applies to files of this owner; everybody's first, in which order they are locked, too. */
  private boundsOf(ownerId: string | null): readonly Bound[] {
    const { totalQuotaBytes, ownerQuotaBytes } = this.config;
    const bounds: Bound[] = [];
    if (totalQuotaBytes !== null) bounds.push({ scope: QuotaScope.Total, quotaBytes: totalQuotaBytes, ownerId: null });
    if (ownerQuotaBytes !== null && ownerId !== null)
      bounds.push({ scope: QuotaScope.Owner, quotaBytes: ownerQuotaBytes, ownerId });
    return bounds;
  }
}

/** Statements of their own, before the first reading: each reading then sees what those before it committed. */
async function lock(em: EntityManager, bounds: readonly Bound[]): Promise<void> {
  for (const { scope, ownerId } of bounds) {
    await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`quota:${scope}:${ownerId ?? ''}`]);
  }
}

async function read(
  em: EntityManager,
  { scope, ownerId }: Bound,
): Promise<{ usedBytes: number; reservedBytes: number }> {
  const parameters = ownerId === null ? [] : [ownerId, ownerId, ownerId];
  const [row] = await em.execute<{ used: string; reserved: string }[]>(MEASURES[scope], parameters);
  return { usedBytes: Number(row?.used ?? 0), reservedBytes: Number(row?.reserved ?? 0) };
}

function measure(subject: string, owner: string): string {
  return `
    select
      (select coalesce(sum(size_bytes + trashed_size_bytes), 0)::text
       from (select size_bytes, trashed_size_bytes from usage_total where ${subject}
             union all
             select size_bytes, trashed_size_bytes from usage_delta where ${subject}) counted) as used,
      (select coalesce(sum(reserved_bytes), 0)::text
       from stored_file where status = 'pending' and reserved_bytes is not null ${owner}) as reserved`;
}
