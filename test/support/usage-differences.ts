/** What usage says of everything, beside what the rows say: in one statement, so of one moment. No rows: usage is exact. */
export const USAGE_DIFFERENCES = `
  with said as (
    select scope, subject_id, kind, sum(files) as files, sum(size_bytes) as size_bytes, sum(trashed_files) as trashed_files,
           sum(trashed_size_bytes) as trashed_size_bytes
    from (select scope, subject_id, kind, files, size_bytes, trashed_files, trashed_size_bytes from usage_total
          union all
          select scope, subject_id, kind, files, size_bytes, trashed_files, trashed_size_bytes from usage_delta) counted
    group by scope, subject_id, kind having sum(files) <> 0 or sum(trashed_files) <> 0
  ), counted as (
    select scope, subject_id, kind, count(*) filter (where status = 'stored')::numeric as files,
           coalesce(sum(size_bytes) filter (where status = 'stored'), 0) as size_bytes,
           count(*) filter (where status = 'trashed')::numeric as trashed_files,
           coalesce(sum(size_bytes) filter (where status = 'trashed'), 0) as trashed_size_bytes
    from stored_file cross join lateral (values ('owner', owner_id), ('session', session_id), ('all', '')) s (scope, subject_id)
    where status in ('stored', 'trashed') and subject_id is not null
    group by scope, subject_id, kind
  )
  (table said except table counted) union all (table counted except table said)`;
