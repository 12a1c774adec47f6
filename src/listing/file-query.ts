import { FileStatus, type FileCondition, type ProcessingStatus } from '../files/index.js';
import { readCursor } from './file-cursor.js';
import { FilterNeedsScopeError } from './listing.errors.js';

/** By creation. */
export const ListOrder = { Ascending: 'asc', Descending: 'desc' } as const;
export type ListOrder = (typeof ListOrder)[keyof typeof ListOrder];

/** Which files are wanted. */
export interface FileQuery {
  /** Stored files where absent. */
  readonly status?: FileStatus;
  readonly kind?: string;
  readonly sessionId?: string;
  readonly documentId?: string;
  readonly ownerId?: string;
  readonly sourceFileId?: string;
  /** Only files whose keys lie in this folder; it ends in a slash. */
  readonly folder?: string;
  /** Exact, or all of a family: `audio/*`. */
  readonly contentType?: string;
  readonly condition?: FileCondition;
  readonly processingStatus?: ProcessingStatus;
  readonly minSizeBytes?: number;
  readonly maxSizeBytes?: number;
  /** Created at this instant or later. */
  readonly createdFrom?: Date;
  /** Created before this instant. */
  readonly createdTo?: Date;
  /** Part of the original name, whatever its case. */
  readonly q?: string;
  /** All of these. */
  readonly metadata?: readonly { readonly key: string; readonly value: string }[];
  /** Newest first where absent. */
  readonly order?: ListOrder;
  /** From a page before. */
  readonly cursor?: string;
  readonly limit: number;
}

/** A piece of SQL and what stands for its question marks. */
export interface Fragment {
  readonly sql: string;
  readonly values: readonly unknown[];
}

type Scope = readonly (readonly [column: string, value: string])[];

/**
 * Ids are made together with `created_at`, from the same clock, but keep going up when that clock is set back. A span of
 * creation becomes a span of ids that is wider by this much; `created_at` itself is compared then.
 */
const CLOCK_SLACK_MS = 3_600_000;
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';
const HIGHEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Each has an index that ends in `status, id`. */
export const SCOPES = ['sessionId', 'documentId', 'ownerId', 'kind'] as const;
/** These have none: they count within a scope. */
const NARROWING = ['folder', 'contentType', 'condition', 'processingStatus', 'minSizeBytes', 'maxSizeBytes'] as const;
/** What has come to be stored is in the indexes of names and of metadata. */
const SEARCHABLE: readonly FileStatus[] = [FileStatus.Stored, FileStatus.Trashed];

/** Refuses a combination that no index serves. Throws `FilterNeedsScopeError`. */
export function assertServed(query: FileQuery): void {
  if (hasScope(query)) return;
  const refused: string[] = NARROWING.filter((name) => query[name] !== undefined);
  if (!SEARCHABLE.includes(statusOf(query))) refused.push(...searchesOf(query));
  if (refused.length > 0) throw new FilterNeedsScopeError(refused, SCOPES);
}

/** Whether only the indexes of names and of metadata serve the query. */
export function needsSearch(query: FileQuery): boolean {
  return !hasScope(query) && searchesOf(query).length > 0;
}

/** Whether those indexes have every file that the query asks for. */
export function isSearchable(query: FileQuery): boolean {
  return searchesOf(query).length > 0 && SEARCHABLE.includes(statusOf(query));
}

function hasScope(query: FileQuery): boolean {
  return query.sourceFileId !== undefined || SCOPES.some((name) => query[name] !== undefined);
}

function searchesOf(query: FileQuery): readonly string[] {
  return (['q', 'metadata'] as const).filter((name) => (query[name]?.length ?? 0) > 0);
}

/**
 * The rows that one index has side by side, in order. Written as comparisons of rows, and ordered by every column of the index:
 * with equations the planner may take the order from another index and filter, and so read the whole table.
 */
export function rangeOf(query: FileQuery): { readonly where: Fragment; readonly orderBy: string } {
  const scope = scopeOf(query);
  const columns = [...scope.map(([column]) => column), 'status', 'id'];
  const row = `(${columns.join(', ')})`;
  const values = [...scope.map(([, value]) => value), statusOf(query)];
  const places = `(${columns.map(() => '?').join(', ')})`;
  const [low, high] = idsBetween(query);
  return {
    where: {
      sql: [...scope.map(([column]) => `${column} is not null`), `${row} > ${places}`, `${row} < ${places}`].join(
        ' and ',
      ),
      values: [...values, low, ...values, high],
    },
    orderBy: columns.map((column) => `${column} ${orderOf(query)}`).join(', '),
  };
}

/** The same rows by equations, for rows that were found through another index. */
export function equationsOf(query: FileQuery): Fragment {
  const [low, high] = idsBetween(query);
  return all([
    ...scopeOf(query).map(([column, value]) => equals(column, value)),
    equals('status', statusOf(query)),
    { sql: 'id > ? and id < ?', values: [low, high] },
  ]);
}

/** Everything that the range does not say. */
export function filtersOf(query: FileQuery): Fragment {
  const { contentType, createdFrom, createdTo, minSizeBytes, maxSizeBytes } = query;
  const inScope = new Set(scopeOf(query).map(([column]) => column));
  return all([
    ...columnsOf(query)
      .filter(([column]) => !inScope.has(column))
      .map(([column, value]) => equals(column, value)),
    ...(query.folder === undefined ? [] : [keyLiesIn(query.folder)]),
    ...(contentType === undefined ? [] : [contentTypeIs(contentType)]),
    ...(query.condition === undefined ? [] : [equals('condition', query.condition)]),
    ...(query.processingStatus === undefined ? [] : [equals('processing_status', query.processingStatus)]),
    ...(minSizeBytes === undefined ? [] : [{ sql: 'size_bytes >= ?', values: [minSizeBytes] }]),
    ...(maxSizeBytes === undefined ? [] : [{ sql: 'size_bytes <= ?', values: [maxSizeBytes] }]),
    ...(createdFrom === undefined ? [] : [{ sql: 'created_at >= ?', values: [createdFrom] }]),
    ...(createdTo === undefined ? [] : [{ sql: 'created_at < ?', values: [createdTo] }]),
    ...searchConditions(query),
  ]);
}

/** The conditions of the indexes without an order; those indexes are partial, and this says that their rows are enough. */
export function searchOf(query: FileQuery): Fragment {
  return all([{ sql: 'stored_at is not null', values: [] }, ...searchConditions(query)]);
}

export function orderOf({ order }: FileQuery): ListOrder {
  return order ?? ListOrder.Descending;
}

function searchConditions({ q, metadata = [] }: FileQuery): Fragment[] {
  return [
    ...(q === undefined ? [] : [{ sql: 'original_filename ilike ?', values: [`%${q.replace(/[\\%_]/g, '\\$&')}%`] }]),
    ...(metadata.length === 0 ? [] : [{ sql: "metadata <> '{}'::jsonb", values: [] }]),
    ...metadata.map(({ key, value }) => ({
      sql: 'metadata @> ?::jsonb',
      values: [JSON.stringify(Object.fromEntries([[key, value]]))],
    })),
  ];
}

/** The columns in front of `status, id` in the index that serves the query: the narrowest that is asked for. */
function scopeOf({ sessionId, kind, sourceFileId, documentId, ownerId }: FileQuery): Scope {
  if (sessionId !== undefined && kind !== undefined) return columnsOf({ sessionId, kind });
  if (sessionId !== undefined) return columnsOf({ sessionId });
  if (sourceFileId !== undefined) return columnsOf({ sourceFileId });
  if (documentId !== undefined) return columnsOf({ documentId });
  if (ownerId !== undefined) return columnsOf({ ownerId });
  return columnsOf(kind === undefined ? {} : { kind });
}

function columnsOf(query: Omit<FileQuery, 'limit'>): Scope {
  const columns = [
    ['session_id', query.sessionId],
    ['source_file_id', query.sourceFileId],
    ['document_id', query.documentId],
    ['owner_id', query.ownerId],
    ['kind', query.kind],
  ] as const;
  return columns.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const]));
}

function statusOf({ status }: FileQuery): FileStatus {
  return status ?? FileStatus.Stored;
}

/** Both excluded. */
function idsBetween(query: FileQuery): readonly [low: string, high: string] {
  const { createdFrom, createdTo } = query;
  const from = createdFrom === undefined ? LOWEST_ID : firstIdAt(createdFrom.getTime() - CLOCK_SLACK_MS);
  const to = createdTo === undefined ? HIGHEST_ID : firstIdAt(createdTo.getTime() + CLOCK_SLACK_MS);
  if (query.cursor === undefined) return [from, to];
  const after = readCursor(query.cursor);
  if (orderOf(query) === ListOrder.Ascending) return [after > from ? after : from, to];
  return [from, after < to ? after : to];
}

/** The lowest UUIDv7 of a millisecond: its first 48 bits are the time (RFC 9562, section 5.7). */
function firstIdAt(milliseconds: number): string {
  const hex = Math.max(0, milliseconds).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

function contentTypeIs(contentType: string): Fragment {
  if (!contentType.endsWith('/*')) return equals('content_type', contentType);
  return { sql: 'starts_with(content_type, ?)', values: [contentType.slice(0, -1)] };
}

/** '0' is what follows '/' in the order of keys. */
function keyLiesIn(folder: string): Fragment {
  return { sql: 'key > ? and key < ?', values: [folder, `${folder.slice(0, -1)}0`] };
}

function equals(column: string, value: string): Fragment {
  return { sql: `${column} = ?`, values: [value] };
}

function all(conditions: readonly Fragment[]): Fragment {
  return {
    sql: conditions.length === 0 ? 'true' : conditions.map(({ sql }) => sql).join(' and '),
    values: conditions.flatMap(({ values }) => values),
  };
}
