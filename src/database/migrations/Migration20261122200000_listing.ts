import { Migration } from '@mikro-orm/migrations';

/** What lists, searches and usage stand on: see docs/adr/0016. */
export class Migration20261122200000_listing extends Migration {
  override up(): void {
    this.lists();
    this.searches();
    this.usage();
  }

  /** GET /v1/files by session, document and owner; by kind and by status alone there were indexes already. */
  private lists(): void {
    for (const scope of ['session', 'document', 'owner']) {
      this.addSql(
        `create index stored_file_${scope}_status on stored_file (${scope}_id, status, id) where ${scope}_id is not null`,
      );
    }
  }

  /**
   * GET /v1/files?q= and ?metadata=. Only for what was stored once: pending and rejected files are written often and never
   * searched.
   */
  private searches(): void {
    this.addSql('create extension if not exists pg_trgm');
    this.addSql(`
      create index stored_file_name on stored_file using gin (original_filename gin_trgm_ops)
        with (gin_pending_list_limit = 512) where stored_at is not null`);
    this.addSql(`
      create index stored_file_metadata on stored_file using gin (metadata jsonb_path_ops)
        with (gin_pending_list_limit = 512) where stored_at is not null and metadata <> '{}'`);
  }

  /**
   * GET /v1/usage. Every change of a stored or trashed file adds a row to `usage_delta` in its own transaction; rows are only
   * ever added there by writers, so that they never wait for one another. The sweeper folds them into `usage_total`.
   */
  private usage(): void {
    const figures = ['files', 'size_bytes', 'trashed_files', 'trashed_size_bytes'].map(
      (name) => `${name} bigint not null`,
    );
    this.addSql(`
      create table usage_total (
        scope varchar(16) not null check (scope in ('owner', 'session')),
        subject_id varchar(64) collate "C" not null,
        kind varchar(64) collate "C" not null,
        ${figures.join(', ')},
        primary key (scope, subject_id, kind)
      )`);
    this.addSql('create index usage_total_empty on usage_total (scope) where files = 0 and trashed_files = 0');
    // A queue: rows come and go within a minute, so that it is vacuumed by number and not by share.
    this.addSql(`
      create table usage_delta (
        id bigint generated always as identity primary key,
        scope varchar(16) not null,
        subject_id varchar(64) collate "C" not null,
        kind varchar(64) collate "C" not null,
        ${figures.join(', ')}
      ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`);
    this.addSql('create index usage_delta_subject on usage_delta (scope, subject_id)');
    this.addSql(`
      create function count_usage() returns trigger language plpgsql as $$
      begin
        insert into usage_delta (scope, subject_id, kind, files, size_bytes, trashed_files, trashed_size_bytes)
        select scope, subject_id, kind,
               sum(case status when 'stored' then sign else 0 end),
               sum(case status when 'stored' then sign * size_bytes else 0 end),
               sum(case status when 'trashed' then sign else 0 end),
               sum(case status when 'trashed' then sign * size_bytes else 0 end)
        from (values ('owner', old.owner_id, old.kind, old.status, old.size_bytes, -1),
                     ('session', old.session_id, old.kind, old.status, old.size_bytes, -1),
                     ('owner', new.owner_id, new.kind, new.status, new.size_bytes, 1),
                     ('session', new.session_id, new.kind, new.status, new.size_bytes, 1))
             change (scope, subject_id, kind, status, size_bytes, sign)
        where subject_id is not null and status in ('stored', 'trashed')
        group by scope, subject_id, kind;
        return null;
      end $$`);
    const counts = (row: string) => `${row}.status in ('stored', 'trashed')`;
    this.addSql(`
      create trigger stored_file_usage_insert after insert on stored_file
        for each row when (${counts('new')}) execute function count_usage()`);
    this.addSql(`
      create trigger stored_file_usage_update after update of status, size_bytes, kind, owner_id, session_id on stored_file
        for each row when ((${counts('old')} or ${counts('new')})
          and (old.status, old.size_bytes, old.kind, old.owner_id, old.session_id)
              is distinct from (new.status, new.size_bytes, new.kind, new.owner_id, new.session_id))
        execute function count_usage()`);
    this.addSql(`
      create trigger stored_file_usage_delete after delete on stored_file
        for each row when (${counts('old')}) execute function count_usage()`);
    // The triggers' lock keeps writers away until this transaction ends: nothing is missed, nothing counted twice.
    this.addSql(`
      insert into usage_total (scope, subject_id, kind, files, size_bytes, trashed_files, trashed_size_bytes)
      select scope, subject_id, kind,
             count(*) filter (where status = 'stored'), coalesce(sum(size_bytes) filter (where status = 'stored'), 0),
             count(*) filter (where status = 'trashed'), coalesce(sum(size_bytes) filter (where status = 'trashed'), 0)
      from stored_file cross join lateral (values ('owner', owner_id), ('session', session_id)) s (scope, subject_id)
      where subject_id is not null and status in ('stored', 'trashed')
      group by scope, subject_id, kind`);
  }

  override down(): void {
    for (const event of ['insert', 'update', 'delete']) {
      this.addSql(`drop trigger stored_file_usage_${event} on stored_file`);
    }
    this.addSql('drop function count_usage()');
    this.addSql('drop table usage_delta');
    this.addSql('drop table usage_total');
    for (const index of ['metadata', 'name', 'owner_status', 'document_status', 'session_status']) {
      this.addSql(`drop index stored_file_${index}`);
    }
  }
}
