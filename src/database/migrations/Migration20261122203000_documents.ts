import { Migration } from '@mikro-orm/migrations';

/** Versions of charters, and what was published of them. */
export class Migration20261122203000_documents extends Migration {
  override up(): void {
    this.addSql(`
      create table charter_draft (
        file_id uuid primary key references stored_file on delete cascade,
        document_id varchar(64) not null,
        version integer not null check (version > 0),
        citations_file_id uuid,
        citation_count integer not null,
        unique (document_id, version)
      )`);
    // A history: rows stay when the files of a publication are gone.
    this.addSql(`
      create table charter_publication (
        id uuid primary key,
        document_id varchar(64) not null,
        version integer not null,
        slug varchar(64) not null,
        file_id uuid not null unique,
        sha256 varchar(64) not null,
        published_by varchar(64) not null,
        published_at timestamptz not null
      )`);
    this.addSql('create index charter_publication_document on charter_publication (document_id, id)');
    this.addSql(
      'create index stored_file_document on stored_file (document_id, kind, status, id) where document_id is not null',
    );
  }

  override down(): void {
    this.addSql('drop index stored_file_document');
    this.addSql('drop table charter_publication');
    this.addSql('drop table charter_draft');
  }
}
