import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { inTransaction } from '../database/index.js';

const BATCH = 2000;
/** Writers never stop; a sweep has more to do than this. */
const MAX_BATCHES = 200;

/** Adds the changes that writers left behind to the totals, so that a reading of usage stays short. */
@Injectable()
export class UsageFold {
  constructor(private readonly em: EntityManager) {}

  /** How many changes were folded. Safe on many nodes at once; a fold that dies has done nothing, or all, of its last batch. */
  async fold(): Promise<number> {
    let folded = 0;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const taken = await inTransaction(this.em, foldBatch);
      folded += taken;
      if (taken < BATCH) break;
    }
    return folded;
  }
}

/**
 * One statement takes changes away and adds them to the totals: whoever reads both in one statement sees them in one place or
 * the other. Totals are locked in their order, and the empty ones only where nobody holds them.
 */
async function foldBatch(em: EntityManager): Promise<number> {
  const [row] = await em.execute<{ taken: number }[]>(`
    with taken as (
      delete from usage_delta where id in (select id from usage_delta order by id limit ${BATCH} for update skip locked)
      returning *
    ), folded as (
      insert into usage_total as total (scope, subject_id, kind, files, size_bytes, trashed_files, trashed_size_bytes)
      select scope, subject_id, kind, sum(files), sum(size_bytes), sum(trashed_files), sum(trashed_size_bytes)
      from taken group by scope, subject_id, kind order by scope, subject_id, kind
      on conflict (scope, subject_id, kind) do update set
        files = total.files + excluded.files,
        size_bytes = total.size_bytes + excluded.size_bytes,
        trashed_files = total.trashed_files + excluded.trashed_files,
        trashed_size_bytes = total.trashed_size_bytes + excluded.trashed_size_bytes
    )
    select count(*)::int as taken from taken`);
  const taken = row?.taken ?? 0;
  if (taken > 0) {
    await em.execute(`
      delete from usage_total where (scope, subject_id, kind) in (
        select scope, subject_id, kind from usage_total where files = 0 and trashed_files = 0
        limit ${BATCH} for update skip locked)`);
  }
  return taken;
}
