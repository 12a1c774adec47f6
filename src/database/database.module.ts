import { MikroOrmModule } from '@mikro-orm/nestjs';
import type { EntityName } from '@mikro-orm/core';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { Global, Logger, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { connectionOptions } from './connection-options.js';
import { DatabaseHealth } from './database-health.js';
import { DatabaseServer } from './database-server.js';
import { runMigrations, type MigrationList } from './migrate.js';
import { migrations } from './migrations/index.js';

/** What a feature module adds to the schema. */
class FeatureMigrations {
  constructor(readonly list: MigrationList) {}
}

@Module({})
class DatabaseFeatureModule {}

/**
 * The database of the whole application. Whoever injects MikroORM or an EntityManager gets it when the server runs and
 * the schema is up to date. There is no request context: a use case takes `em.fork()` or `em.transactional()`.
 */
@Global()
@Module({})
export class DatabaseModule {
  /** Once, in the application's root module; whoever started the server stops it, after the application is closed. */
  static forRoot(server: DatabaseServer): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        MikroOrmModule.forRootAsync({
          driver: PostgreSqlDriver,
          imports: [DiscoveryModule],
          inject: [DatabaseServer, DiscoveryService],
          useFactory: async (server: DatabaseServer, discovery: DiscoveryService) => {
            await migrate(server, discovery);
            return {
              ...connectionOptions(server.url),
              autoLoadEntities: true,
              registerRequestContext: false,
              discovery: { warnWhenNoEntities: false },
            };
          },
        }) as DynamicModule,
      ],
      providers: [{ provide: DatabaseServer, useValue: server }, DatabaseHealth],
      exports: [DatabaseServer, DatabaseHealth],
    };
  }

  /** In a module that has entities: they are discovered, and its migrations run with all others, ordered by name. */
  static forFeature(feature: { entities?: EntityName[]; migrations?: MigrationList }): DynamicModule {
    const orm = MikroOrmModule.forFeature(feature.entities ?? []);
    return {
      module: DatabaseFeatureModule,
      imports: [orm],
      providers: [{ provide: FeatureMigrations, useValue: new FeatureMigrations(feature.migrations ?? []) }],
      exports: [orm],
    };
  }
}

async function migrate(server: DatabaseServer, discovery: DiscoveryService): Promise<void> {
  const instances: unknown[] = discovery.getProviders().map((wrapper): unknown => wrapper.instance);
  const added = instances.filter((instance) => instance instanceof FeatureMigrations).flatMap(({ list }) => list);
  const applied = await runMigrations(server.directUrl, [...migrations, ...added]);
  if (applied.length > 0) new Logger(DatabaseModule.name).log({ applied }, 'Database migrated');
}
