import { Migration } from '@mikro-orm/migrations';

/** Files whose objects lie in archive classes: what the store last said, and when a thaw was last asked about. */
export class Migration20261122201000_availability extends Migration {
  override up(): void {
    this.addSql(`
      alter table stored_file
        add column availability varchar(16) not null default 'available'
          check (availability in ('available', 'archived', 'thawing', 'thawed')),
        add column available_until timestamptz,
        add column availability_asked_at timestamptz`);
    this.addSql(
      `create index stored_file_thaw on stored_file (availability_asked_at nulls first)
         where availability in ('thawing', 'thawed')`,
    );
  }

  override down(): void {
    this.addSql('drop index stored_file_thaw');
    this.addSql(
      'alter table stored_file drop column availability, drop column available_until, drop column availability_asked_at',
    );
  }
}
