export { readConnectionRecord } from './connection-file.js';
export { DataDirInUseError, EmbeddedPostgresError } from './embedded-postgres.errors.js';
export { EmbeddedPostgres } from './embedded-postgres.js';
export { Attachment } from './embedded-postgres.setup.js';
