import type { MigrationList } from '../migrate.js';
import { Migration20261122160000_initial } from './Migration20261122160000_initial.js';
import { Migration20261122195500_sets } from './Migration20261122195500_sets.js';
import { Migration20261122203000_documents } from './Migration20261122203000_documents.js';

/** In order. A feature module outside this folder adds its own with `DatabaseModule.forFeature({ migrations })`. */
export const migrations: MigrationList = [
  Migration20261122160000_initial,
  Migration20261122195500_sets,
  Migration20261122203000_documents,
];
