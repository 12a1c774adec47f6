import { Migration } from '@mikro-orm/migrations';

/** Sessions that go to the trash, and come back, as one. */
export class Migration20261122204000_sessions extends Migration {
  override up(): void {
    // The deletion of a session that took the file along; null for one that was deleted by itself.
    this.addSql('alter table stored_file add column trashed_in uuid');
    this.addSql('create index stored_file_trashed_in on stored_file (trashed_in) where trashed_in is not null');
  }

  override down(): void {
    this.addSql('alter table stored_file drop column trashed_in');
  }
}
