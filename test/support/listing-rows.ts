/** One row as the lists' spec and proof know it. */
export interface ListedRow {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly session_id: string | null;
  readonly document_id: string | null;
  readonly owner_id: string | null;
  readonly content_type: string;
  readonly condition: string;
  readonly processing_status: string | null;
  readonly size_bytes: string | null;
  readonly original_filename: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: Date;
}

/** A minute lies between two rows, and the last is of this day. */
export const LAST_ROW_AT = '2026-11-20T00:00:00Z';

/**
 * Numbers `from` to `to` of `total` rows: scopes that have a third of everything (`s-big`, `d-big`, `o-big`) beside small ones, an
 * owner whose files are the oldest of all (`o-old`), and names, types and metadata that are common, rare, or both by place.
 */
export function insertRows(total: number, from: number, to: number): string {
  return `
    insert into stored_file (id, kind, bucket, key, original_filename, content_type, size_bytes, etag, checksum_algorithm,
      checksum_value, status, condition, attempt, lease_until, session_id, document_id, owner_id, metadata, tags, storage_class,
      processing_status, created_by, created_at, stored_at, trashed_at)
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || '8' || lpad(to_hex(i), 15, '0'))::uuid,
      case when i % 997 = 0 then 'manual-upload' when i % 4 = 0 then 'session-result' else 'session-original' end,
      'local', 'rows/' || i,
      case when i % 4999 = 7 then 'Quarterly 100%_done ' || i || '.wav'
        when i <= ${total} / 10 then 'archive ' || i || '.wav' else 'recording ' || i || '.wav' end,
      case when i % 101 = 0 then 'video/mp4' when i % 5 = 0 then 'image/png' else 'audio/wav' end,
      case when pending then null else i end, case when pending then null else 'e' end, 'SHA256',
      case when pending then null else 'c' end,
      case when pending then 'pending' when i % 20 = 0 then 'trashed' else 'stored' end,
      case when i % 499 = 0 then 'missing' else 'ok' end, 1, case when pending then timestamptz '2100-01-01' end,
      case when i % 10 < 4 then 's-big' else 's-' || i % 1000 end,
      case when i % 10 between 4 and 6 then 'd-big' end,
      case when i <= ${total} / 10 then 'o-old' when i % 10 < 3 then 'o-big' when i % 10 < 8 then 'o-' || i % 500 end,
      case when i % 3 = 0 then jsonb_build_object('language', 'EN', 'number', (i % 2003)::text) else '{}' end, '{}', 'STANDARD',
      case when i % 53 = 0 then 'failed' else 'done' end, 'rows', at, case when pending then null else at end,
      case when i % 20 = 0 and not pending then at end
    from (select i, timestamptz '${LAST_ROW_AT}' - (${total} - i) * interval '1 minute' as at, i % 1009 = 1 as pending
          from generate_series(${from}::int, ${to}::int) i) numbered`;
}

/** A list that the API's description promises: its query, the index that serves it, and what belongs in it. */
export interface PromisedList {
  readonly query: string;
  readonly index: string;
  /** The index that finds what the first `EXAMINED_ROWS` do not have. */
  readonly searchIndex?: string;
  readonly matches: (row: ListedRow) => boolean;
}

const stored = (row: ListedRow): boolean => row.status === 'stored';
const created = (row: ListedRow): string => row.created_at.toISOString();

const SCOPES: readonly PromisedList[] = [
  { query: 'sessionId=s-big', index: 'stored_file_session_status', matches: (row) => row.session_id === 's-big' },
  { query: 'documentId=d-big', index: 'stored_file_document_status', matches: (row) => row.document_id === 'd-big' },
  { query: 'ownerId=o-big', index: 'stored_file_owner_status', matches: (row) => row.owner_id === 'o-big' },
  { query: 'kind=session-original', index: 'stored_file_kind', matches: (row) => row.kind === 'session-original' },
];

const FILTERS: readonly Pick<PromisedList, 'query' | 'matches' | 'searchIndex'>[] = [
  { query: '', matches: stored },
  { query: 'status=trashed', matches: (row) => row.status === 'trashed' },
  { query: 'status=pending', matches: (row) => row.status === 'pending' },
  { query: 'order=asc', matches: stored },
  { query: 'contentType=video/mp4', matches: (row) => stored(row) && row.content_type === 'video/mp4' },
  { query: 'contentType=image/*', matches: (row) => stored(row) && row.content_type.startsWith('image/') },
  { query: 'condition=missing', matches: (row) => stored(row) && row.condition === 'missing' },
  { query: 'processingStatus=failed', matches: (row) => stored(row) && row.processing_status === 'failed' },
  {
    query: 'minSizeBytes=100&maxSizeBytes=1000',
    matches: (row) => stored(row) && Number(row.size_bytes) >= 100 && Number(row.size_bytes) <= 1000,
  },
  {
    query: 'createdFrom=2026-11-10&createdTo=2026-11-19T12:00:00Z',
    matches: (row) => stored(row) && created(row) >= '2026-11-10' && created(row) < '2026-11-19T12:00:00.000Z',
  },
  {
    query: 'createdTo=2026-11-10',
    matches: (row) => stored(row) && created(row) < '2026-11-10',
  },
  {
    query: 'q=RECORDING',
    searchIndex: 'stored_file_name',
    matches: (row) => stored(row) && row.original_filename.startsWith('recording'),
  },
  {
    query: 'q=100%25_DONE',
    searchIndex: 'stored_file_name',
    matches: (row) => stored(row) && row.original_filename.includes('100%_done'),
  },
  {
    query: 'metadata=language%3DEN',
    searchIndex: 'stored_file_metadata',
    matches: (row) => stored(row) && row.metadata['language'] === 'EN',
  },
  {
    query: 'metadata=number=9&metadata=language=EN&order=asc',
    searchIndex: 'stored_file_metadata',
    matches: (row) => stored(row) && row.metadata['number'] === '9' && row.metadata['language'] === 'EN',
  },
];

const NARROW = /contentType|condition|processingStatus|Size/;

/** Every filter that is documented: within each scope, alone where that is promised, and scopes within one another. */
export const PROMISED_LISTS: readonly PromisedList[] = [
  ...SCOPES.flatMap((scope) =>
    FILTERS.map((filter) => ({
      ...scope,
      ...filter,
      query: [scope.query, filter.query].filter((part) => part !== '').join('&'),
      matches: (row: ListedRow) => scope.matches(row) && filter.matches(row),
    })),
  ),
  ...FILTERS.filter(({ query }) => !NARROW.test(query)).map((filter) => ({ index: 'stored_file_status', ...filter })),
  {
    query: 'sessionId=s-big&kind=session-result',
    index: 'stored_file_session',
    matches: (row) => stored(row) && row.session_id === 's-big' && row.kind === 'session-result',
  },
  {
    query: 'sessionId=s-big&ownerId=o-7&documentId=d-big',
    index: 'stored_file_session_status',
    matches: (row) =>
      stored(row) && row.session_id === 's-big' && row.owner_id === 'o-7' && row.document_id === 'd-big',
  },
  {
    query: 'ownerId=o-7&kind=session-original',
    index: 'stored_file_owner_status',
    matches: (row) => stored(row) && row.owner_id === 'o-7' && row.kind === 'session-original',
  },
  {
    query: 'ownerId=o-old',
    index: 'stored_file_owner_status',
    matches: (row) => stored(row) && row.owner_id === 'o-old',
  },
  {
    // Common, and far down.
    query: 'q=archive',
    index: 'stored_file_status',
    searchIndex: 'stored_file_name',
    matches: (row) => stored(row) && row.original_filename.startsWith('archive'),
  },
  {
    // Common, and not here.
    query: 'ownerId=o-old&q=recording',
    index: 'stored_file_owner_status',
    searchIndex: 'stored_file_name',
    matches: () => false,
  },
  {
    query: 'sessionId=nobody&q=recording',
    index: 'stored_file_session_status',
    searchIndex: 'stored_file_name',
    matches: () => false,
  },
];
