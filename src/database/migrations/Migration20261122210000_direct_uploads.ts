import { Migration } from '@mikro-orm/migrations';

/** Uploads that go straight to the store. */
export class Migration20261122210000_direct_uploads extends Migration {
  override up(): void {
    this.addSql("alter table stored_file add column verifications jsonb not null default '[]'");
    this.addSql('alter table stored_file add column writable_until timestamptz');
    // Not every store keeps a checksum of what others sent to it.
    this.addSql('alter table stored_file drop constraint stored_file_stored_is_whole');
    this.addSql(`
      alter table stored_file add constraint stored_file_stored_is_whole check (status not in ('stored', 'trashed')
        or (size_bytes is not null and etag is not null and stored_at is not null))`);
    // A pending file without a lease is one whose upload, below, says what becomes of it.
    this.addSql('alter table stored_file drop constraint stored_file_pending_has_lease');
    this.addSql(`
      create table upload (
        id uuid primary key,
        file_id uuid not null unique,
        protocol varchar(16) not null,
        strategy varchar(16) not null,
        kind varchar(64) not null,
        key varchar(1024) not null,
        staged_key varchar(1024),
        store_upload_id varchar(1024),
        declared_size_bytes bigint,
        max_size_bytes bigint not null,
        part_size_bytes bigint,
        part_count integer,
        checksum_algorithm varchar(16),
        checksum_value varchar(128),
        principal_id varchar(64) not null,
        status varchar(16) not null,
        reason varchar(64),
        writable_until timestamptz,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        next_check_at timestamptz,
        settled_at timestamptz,
        cleared_at timestamptz
      )`);
    this.addSql("create index upload_next_check on upload (next_check_at) where status = 'open'");
    this.addSql("create index upload_settled on upload (settled_at) where status <> 'open'");
    this.addSql('create index upload_key on upload (key)');
  }

  override down(): void {
    this.addSql('drop table upload');
    this.addSql("delete from stored_file where status = 'pending' and lease_until is null");
    this.addSql(
      "alter table stored_file add constraint stored_file_pending_has_lease check (status <> 'pending' or lease_until is not null)",
    );
    this.addSql('alter table stored_file drop column writable_until');
    this.addSql('alter table stored_file drop column verifications');
  }
}
