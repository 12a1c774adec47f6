import { Migration } from '@mikro-orm/migrations';

/** Sets of files that come and go together, and versions numbered by the server. */
export class Migration20261122195500_sets extends Migration {
  override up(): void {
    this.addSql('alter table stored_file add column variant varchar(32)');
    // The key that version 1 has, and the number given out last. Rows stay, so that no number is given out twice.
    this.addSql('create table key_version (key varchar(1024) collate "C" primary key, last_version integer not null)');
  }

  override down(): void {
    this.addSql('drop table key_version');
    this.addSql('alter table stored_file drop column variant');
  }
}
