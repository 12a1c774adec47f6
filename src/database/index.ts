export { connectionOptions } from './connection-options.js';
export { DatabaseHealth } from './database-health.js';
export { DatabaseKind, DatabaseServer } from './database-server.js';
export { databaseConfig, type DatabaseConfig } from './database.config.js';
export { DatabaseModule } from './database.module.js';
export { inTransaction } from './transaction.js';
export { runMigrations, type MigrationList } from './migrate.js';
