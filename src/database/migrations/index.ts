import type { MigrationList } from '../migrate.js';
import { Migration20261122160000_initial } from './Migration20261122160000_initial.js';
import { Migration20261122195500_sets } from './Migration20261122195500_sets.js';
import { Migration20261122200000_listing } from './Migration20261122200000_listing.js';
import { Migration20261122201000_availability } from './Migration20261122201000_availability.js';
import { Migration20261122202000_pictures } from './Migration20261122202000_pictures.js';
import { Migration20261122203000_documents } from './Migration20261122203000_documents.js';
import { Migration20261122204000_sessions } from './Migration20261122204000_sessions.js';
import { Migration20261122210000_direct_uploads } from './Migration20261122210000_direct_uploads.js';
import { Migration20261122211000_quotas } from './Migration20261122211000_quotas.js';
import { Migration20261122212000_tus } from './Migration20261122212000_tus.js';
import { Migration20261123010500_tus_rescue } from './Migration20261123010500_tus_rescue.js';

/** In order. A feature module outside this folder adds its own with `DatabaseModule.forFeature({ migrations })`. */
export const migrations: MigrationList = [
  Migration20261122160000_initial,
  Migration20261122195500_sets,
  Migration20261122200000_listing,
  Migration20261122201000_availability,
  Migration20261122202000_pictures,
  Migration20261122203000_documents,
  Migration20261122204000_sessions,
  Migration20261122210000_direct_uploads,
  Migration20261122211000_quotas,
  Migration20261122212000_tus,
  Migration20261123010500_tus_rescue,
];
