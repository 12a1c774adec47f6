import { Migration } from '@mikro-orm/migrations';

/** Revisions found by their id, and told apart: replaced by another, or deleted. */
export class Migration20261122202000_pictures extends Migration {
  override up(): void {
    this.addSql('alter table stored_file add column replaced_by_id uuid');
    this.addSql('create index stored_file_revision on stored_file (revision_id) where revision_id is not null');
  }

  override down(): void {
    this.addSql('drop index stored_file_revision');
    this.addSql('alter table stored_file drop column replaced_by_id');
  }
}
