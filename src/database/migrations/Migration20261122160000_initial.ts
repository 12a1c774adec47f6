import { Migration } from '@mikro-orm/migrations';

/** Keys, audit, idempotency, files with their places, processing. */
export class Migration20261122160000_initial extends Migration {
  override up(): void {
    this.addSql(`
      create table api_key (
        id uuid primary key,
        name varchar(64) not null,
        hash varchar(64) not null unique,
        scopes text[] not null,
        owner_id varchar(64),
        created_at timestamptz not null,
        revoked_at timestamptz
      )`);
    this.addSql(`
      create table audit_event (
        id uuid primary key,
        at timestamptz not null,
        action varchar(64) not null,
        principal_id varchar(64) not null,
        principal_kind varchar(16) not null,
        subject_type varchar(32) not null,
        subject_id varchar(64) not null,
        request_id varchar(128),
        address varchar(64),
        details jsonb not null
      )`);
    this.addSql('create index audit_event_subject on audit_event (subject_type, subject_id, id)');
    this.addSql(`
      create table idempotency_key (
        principal_id varchar(64) not null,
        key varchar(255) not null,
        fingerprint varchar(64) not null,
        holder uuid not null,
        lease_until timestamptz,
        answer jsonb,
        created_at timestamptz not null,
        primary key (principal_id, key)
      )`);
    this.addSql('create index idempotency_key_created_at on idempotency_key (created_at)');
    // Keys sort and compare as their bytes, as S3 lists them.
    this.addSql('create table used_key (key varchar(1024) collate "C" primary key)');
    this.addSql(`
      create table stored_file (
        id uuid primary key,
        kind varchar(64) not null,
        bucket varchar(63) not null,
        key varchar(1024) collate "C" not null unique,
        original_filename varchar(255) not null,
        content_type varchar(128) not null,
        size_bytes bigint check (size_bytes >= 0),
        etag varchar(128),
        checksum_algorithm varchar(16),
        checksum_value varchar(128),
        status varchar(16) not null check (status in ('pending', 'stored', 'trashed', 'purging', 'rejected')),
        condition varchar(16) not null check (condition in ('ok', 'missing', 'quarantined')),
        attempt integer not null,
        lease_until timestamptz,
        session_id varchar(64),
        document_id varchar(64),
        owner_id varchar(64),
        source_file_id uuid,
        metadata jsonb not null,
        tags jsonb not null,
        storage_class varchar(32) not null,
        processing_status varchar(16)
          check (processing_status in ('queued', 'running', 'done', 'failed', 'cancelled')),
        place_key varchar(1024) collate "C",
        revision_id uuid,
        rejected_reason varchar(64),
        created_by varchar(64) not null,
        created_at timestamptz not null,
        stored_at timestamptz,
        trashed_at timestamptz,
        trashed_with_id uuid,
        constraint stored_file_stored_is_whole check (status not in ('stored', 'trashed')
          or (size_bytes is not null and etag is not null and checksum_value is not null and stored_at is not null)),
        constraint stored_file_pending_has_lease check (status <> 'pending' or lease_until is not null),
        constraint stored_file_revision_has_place check ((place_key is null) = (revision_id is null))
      )`);
    this.addSql('create index stored_file_status on stored_file (status, id)');
    this.addSql('create index stored_file_kind on stored_file (kind, status, id)');
    this.addSql(
      'create index stored_file_session on stored_file (session_id, kind, status, id) where session_id is not null',
    );
    this.addSql(
      'create index stored_file_source on stored_file (source_file_id, status, id) where source_file_id is not null',
    );
    this.addSql('create index stored_file_place on stored_file (place_key, status) where place_key is not null');
    this.addSql(
      'create index stored_file_trashed_with on stored_file (trashed_with_id) where trashed_with_id is not null',
    );
    this.addSql("create index stored_file_lease on stored_file (lease_until) where status = 'pending'");
    this.addSql("create index stored_file_trashed on stored_file (trashed_at) where status = 'trashed'");
    this.addSql("create index stored_file_leaving on stored_file (id) where status in ('rejected', 'purging')");
    this.addSql(`
      create table place (
        key varchar(1024) collate "C" primary key,
        kind varchar(64) not null,
        current_revision_id uuid,
        settled_revision_id uuid,
        lease_until timestamptz,
        updated_at timestamptz not null
      )`);
    this.addSql(
      'create index place_unsettled on place (updated_at) where current_revision_id is distinct from settled_revision_id',
    );
    this.addSql('create index place_current on place (current_revision_id) where current_revision_id is not null');
    this.addSql(`
      create table processed_file (
        file_id uuid primary key references stored_file on delete cascade,
        session_id varchar(64),
        job_id uuid not null,
        status varchar(16) not null check (status in ('queued', 'running', 'done', 'failed', 'cancelled')),
        step varchar(64),
        progress real not null check (progress between 0 and 1),
        attempts integer not null,
        deaths integer not null,
        attempt integer not null,
        error_code varchar(64),
        error_message text,
        owns_plain_names boolean not null,
        created_at timestamptz not null,
        updated_at timestamptz not null
      )`);
    this.addSql('create unique index processed_file_plain_names on processed_file (session_id) where owns_plain_names');
    this.addSql(
      "create index processed_file_open on processed_file (updated_at) where status in ('queued', 'running')",
    );
    this.addSql(`
      create table processing_step (
        file_id uuid not null references processed_file on delete cascade,
        name varchar(64) not null,
        position integer not null,
        version integer not null,
        status varchar(16) not null check (status in ('queued', 'running', 'done', 'failed')),
        started_at timestamptz,
        finished_at timestamptz,
        primary key (file_id, name)
      )`);
  }

  override down(): void {
    for (const table of [
      'processing_step',
      'processed_file',
      'place',
      'stored_file',
      'used_key',
      'idempotency_key',
      'audit_event',
      'api_key',
    ]) {
      this.addSql(`drop table ${table}`);
    }
  }
}
