import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { readCursor, writeCursor } from '../http/index.js';
import { OUTSIDE_ID_PATTERN } from '../storage/index.js';
import { usageConfig, type UsageConfig } from './usage.config.js';
import { UsageSubjectError } from './usage.errors.js';

const SUBJECT = new RegExp(OUTSIDE_ID_PATTERN);

/** By what files are counted together. */
export const UsageScope = { Owner: 'owner', Session: 'session' } as const;
export type UsageScope = (typeof UsageScope)[keyof typeof UsageScope];

/** What one owner or session has at one moment. */
export interface Usage {
  readonly scope: UsageScope;
  readonly subjectId: string;
  /** Stored files. */
  readonly files: number;
  readonly sizeBytes: number;
  readonly trashedFiles: number;
  readonly trashedSizeBytes: number;
  /** What an owner's stored and trashed files may have together; null without a bound, and for a session. */
  readonly quotaBytes: number | null;
  /** Of the stored files. */
  readonly byKind: readonly { readonly kind: string; readonly files: number; readonly sizeBytes: number }[];
}

export interface UsagePage {
  /** By subject. */
  readonly usages: readonly Usage[];
  readonly nextCursor: string | null;
}

export interface UsageListQuery {
  /** From a page before. */
  readonly cursor?: string;
  readonly limit: number;
}

interface KindRow {
  readonly subject_id: string;
  readonly kind: string;
  readonly files: string;
  readonly size_bytes: string;
  readonly trashed_files: string;
  readonly trashed_size_bytes: string;
}

/** Totals and what was not folded into them yet: one statement, so one moment. */
const SUMS = `
  select subject_id, kind, sum(files)::text as files, sum(size_bytes)::text as size_bytes,
         sum(trashed_files)::text as trashed_files, sum(trashed_size_bytes)::text as trashed_size_bytes
  from (select subject_id, kind, files, size_bytes, trashed_files, trashed_size_bytes
        from usage_total where scope = ? and subject_id in (?)
        union all
        select subject_id, kind, files, size_bytes, trashed_files, trashed_size_bytes
        from usage_delta where scope = ? and subject_id in (?)) counted
  group by subject_id, kind having sum(files) <> 0 or sum(trashed_files) <> 0
  order by subject_id, kind`;

/** The next ones in order, from the beginnings of two indexes. */
const SUBJECTS = `
  select subject_id from (
    (select distinct subject_id from usage_total where scope = ? and subject_id > ? order by subject_id limit ?)
    union
    (select distinct subject_id from usage_delta where scope = ? and subject_id > ? order by subject_id limit ?)) next
  order by subject_id limit ?`;

/** Says how much an owner or a session has, exactly as of one moment, without counting files. */
@Injectable()
export class UsageService {
  constructor(
    private readonly em: EntityManager,
    @Inject(usageConfig.KEY) private readonly config: UsageConfig,
  ) {}

  /** Of one owner or one session; nothing but zeros of one that has no files. Throws `UsageSubjectError` without one. */
  async get({ ownerId, sessionId }: { readonly ownerId?: string; readonly sessionId?: string }): Promise<Usage> {
    const subjectId = ownerId ?? sessionId;
    if (subjectId === undefined || (ownerId !== undefined && sessionId !== undefined)) throw new UsageSubjectError();
    const scope = ownerId === undefined ? UsageScope.Session : UsageScope.Owner;
    const rows = await this.em.fork().execute<KindRow[]>(SUMS, [scope, [subjectId], scope, [subjectId]]);
    return { ...toUsage(scope, subjectId, rows), quotaBytes: this.quotaOf(scope) };
  }

  /** All that have files, by their ids. A page may be shorter than its limit and not the last. */
  async list(scope: UsageScope, { cursor, limit }: UsageListQuery): Promise<UsagePage> {
    const em = this.em.fork();
    const after = cursor === undefined ? '' : readCursor(cursor, SUBJECT);
    const found = await em.execute<{ subject_id: string }[]>(SUBJECTS, [
      ...[scope, after, limit + 1],
      ...[scope, after, limit + 1],
      limit + 1,
    ]);
    const subjects = found.slice(0, limit).map((row) => row.subject_id);
    const last = subjects.at(-1);
    if (last === undefined) return { usages: [], nextCursor: null };
    const rows = Map.groupBy(
      await em.execute<KindRow[]>(SUMS, [scope, subjects, scope, subjects]),
      (row) => row.subject_id,
    );
    return {
      usages: [...rows].map(([subjectId, ofSubject]) => ({
        ...toUsage(scope, subjectId, ofSubject),
        quotaBytes: this.quotaOf(scope),
      })),
      nextCursor: found.length > limit ? writeCursor(last) : null,
    };
  }

  private quotaOf(scope: UsageScope): number | null {
    return scope === UsageScope.Owner ? this.config.ownerQuotaBytes : null;
  }
}

function toUsage(scope: UsageScope, subjectId: string, rows: readonly KindRow[]): Omit<Usage, 'quotaBytes'> {
  const sum = (name: 'files' | 'size_bytes' | 'trashed_files' | 'trashed_size_bytes'): number =>
    rows.reduce((total, row) => total + Number(row[name]), 0);
  return {
    scope,
    subjectId,
    files: sum('files'),
    sizeBytes: sum('size_bytes'),
    trashedFiles: sum('trashed_files'),
    trashedSizeBytes: sum('trashed_size_bytes'),
    byKind: rows
      .filter((row) => Number(row.files) !== 0)
      .map((row) => ({ kind: row.kind, files: Number(row.files), sizeBytes: Number(row.size_bytes) })),
  };
}
