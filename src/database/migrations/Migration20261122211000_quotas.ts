import { Migration } from '@mikro-orm/migrations';

/** What quotas are measured by: room set aside for files on their way, and the sum of everything. See docs/adr/0021. */
export class Migration20261122211000_quotas extends Migration {
  override up(): void {
    // Taking the table's lock, this keeps writers away until the end: the sum of everything misses nothing.
    this.addSql('alter table stored_file add column reserved_bytes bigint check (reserved_bytes >= 0)');
    this.addSql(`
      create index stored_file_reserved on stored_file (owner_id)
        where status = 'pending' and reserved_bytes is not null`);
    this.addSql('alter table usage_total drop constraint usage_total_scope_check');
    this.addSql(
      "alter table usage_total add constraint usage_total_scope_check check (scope in ('owner', 'session', 'all'))",
    );
    this.addSql(countUsage(['owner', 'session', 'all']));
    this.addSql(`
      insert into usage_total (scope, subject_id, kind, files, size_bytes, trashed_files, trashed_size_bytes)
      select 'all', '', kind,
             count(*) filter (where status = 'stored'), coalesce(sum(size_bytes) filter (where status = 'stored'), 0),
             count(*) filter (where status = 'trashed'), coalesce(sum(size_bytes) filter (where status = 'trashed'), 0)
      from stored_file where status in ('stored', 'trashed') group by kind`);
  }

  override down(): void {
    this.addSql('lock table stored_file in share row exclusive mode');
    this.addSql(countUsage(['owner', 'session']));
    for (const table of ['usage_total', 'usage_delta']) this.addSql(`delete from ${table} where scope = 'all'`);
    this.addSql('alter table usage_total drop constraint usage_total_scope_check');
    this.addSql("alter table usage_total add constraint usage_total_scope_check check (scope in ('owner', 'session'))");
    this.addSql('drop index stored_file_reserved');
    this.addSql('alter table stored_file drop column reserved_bytes');
  }
}

/** The subject of each scope, of a row. */
const SUBJECTS = {
  owner: (row: string) => `${row}.owner_id`,
  session: (row: string) => `${row}.session_id`,
  all: () => "''",
} as const;

function countUsage(scopes: readonly (keyof typeof SUBJECTS)[]): string {
  const changes = (['old', 'new'] as const).flatMap((row) =>
    scopes.map(
      (scope) =>
        `('${scope}', ${SUBJECTS[scope](row)}, ${row}.kind, ${row}.status, ${row}.size_bytes, ${row === 'old' ? -1 : 1})`,
    ),
  );
  return `
    create or replace function count_usage() returns trigger language plpgsql as $$
    begin
      insert into usage_delta (scope, subject_id, kind, files, size_bytes, trashed_files, trashed_size_bytes)
      select scope, subject_id, kind,
             sum(case status when 'stored' then sign else 0 end),
             sum(case status when 'stored' then sign * size_bytes else 0 end),
             sum(case status when 'trashed' then sign else 0 end),
             sum(case status when 'trashed' then sign * size_bytes else 0 end)
      from (values ${changes.join(',\n                   ')})
           change (scope, subject_id, kind, status, size_bytes, sign)
      where subject_id is not null and status in ('stored', 'trashed')
      group by scope, subject_id, kind;
      return null;
    end $$`;
}
