import { Migration } from '@mikro-orm/migrations';

/** Uploads whose store has parts that belong to no file, and joins them with the others or not at all. */
export class Migration20261123010500_tus_rescue extends Migration {
  override up(): void {
    this.addSql('alter table tus_upload add column rescue jsonb');
  }

  override down(): void {
    this.addSql('alter table tus_upload drop column rescue');
  }
}
