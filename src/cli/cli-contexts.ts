import { Module, type DynamicModule, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { appConfig, ConfigurationModule, Role } from '../config/index.js';
import { databaseConfig, DatabaseModule, DatabaseServer } from '../database/index.js';
import { Attachment } from '../embedded-postgres/index.js';
import { StderrLogger } from './stderr-logger.js';

/** The modules that one command needs: no HTTP server, no schedule, no guard, and a role that takes no jobs. */
@Module({})
class CommandModule {
  static of(modules: readonly (Type | DynamicModule)[]): DynamicModule {
    return { module: CommandModule, imports: [ConfigurationModule.asRole(Role.Api), ...modules] };
  }
}

type Work<T> = (context: INestApplicationContext) => Promise<T>;

/** Runs work on the given modules, none of which needs the database. */
export async function withModules<T>(modules: readonly (Type | DynamicModule)[], work: Work<T>): Promise<T> {
  const context = await NestFactory.createApplicationContext(CommandModule.of(modules), {
    logger: new StderrLogger(),
    abortOnError: false,
  });
  try {
    return await work(context);
  } finally {
    await context.close();
  }
}

/**
 * As `withModules`, with the database: the embedded one of a service that runs is used and left alone, else it runs for as
 * long as the work takes.
 */
export async function withDatabase<T>(modules: readonly (Type | DynamicModule)[], work: Work<T>): Promise<T> {
  const { url, directUrl } = databaseConfig();
  const { dataDir } = appConfig();
  const logger = new StderrLogger();
  const database = await DatabaseServer.start({ url, directUrl, dataDir, attachAs: Attachment.Tool, logger });
  try {
    return await withModules([DatabaseModule.forRoot(database), ...modules], work);
  } finally {
    await database.stop();
  }
}
