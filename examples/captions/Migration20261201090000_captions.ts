import { Migration } from '@mikro-orm/migrations';

/** Captions beside their files; purging a file takes its caption along. */
export class Migration20261201090000_captions extends Migration {
  override up(): void {
    this.addSql(`
      create table caption (
        file_id uuid primary key references stored_file (id) on delete cascade,
        language varchar(3) not null check (language ~ '^[A-Z]{2,3}$')
      )`);
  }
}
