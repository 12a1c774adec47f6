import { Migration } from '@mikro-orm/migrations';

/** How far uploads are that the service relays to the store, and who is at it. */
export class Migration20261122212000_tus extends Migration {
  override up(): void {
    this.addSql(`
      create table tus_upload (
        upload_id uuid primary key references upload (id) on delete cascade,
        metadata text,
        offset_bytes bigint not null default 0 check (offset_bytes >= 0),
        next_part integer not null default 1,
        tails jsonb not null default '[]',
        token bigint not null default 0,
        lease_session integer,
        lease_until timestamptz
      )`);
    this.addSql(`
      create table tus_part (
        upload_id uuid not null references tus_upload (upload_id) on delete cascade,
        part_number integer not null check (part_number between 1 and 10000),
        etag varchar(128) not null,
        size_bytes bigint not null,
        primary key (upload_id, part_number)
      )`);
    this.addSql("create index upload_relay_open on upload (id) where status = 'open' and strategy = 'relay'");
    this.addSql(
      "create index upload_relay_uncleared on upload (id) where status <> 'open' and strategy = 'relay' and cleared_at is null",
    );
    this.addSql(
      "create index upload_staged_uncleared on upload (id) where status <> 'open' and staged_key is not null and cleared_at is null",
    );
  }

  override down(): void {
    this.addSql('drop index upload_staged_uncleared');
    this.addSql('drop index upload_relay_uncleared');
    this.addSql('drop index upload_relay_open');
    this.addSql('drop table tus_part');
    this.addSql('drop table tus_upload');
  }
}
