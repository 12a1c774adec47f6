import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { setUp } from './app.setup.js';
import { BootstrapKey } from './auth/index.js';
import { cloudfrontConfig, type CloudFrontConfig } from './cloudfront/index.js';
import { appConfig, InvalidEnvironmentError, Role, type AppConfig } from './config/index.js';
import { databaseConfig, DatabaseServer } from './database/index.js';
import { Attachment, EmbeddedPostgresError } from './embedded-postgres/index.js';
import { errorMessage } from './errors/index.js';
import { greeting } from './greeting.js';
import { STOP_SIGNALS, stopOnSignals } from './shutdown.js';
import { storageConfig, StorageDriver, type StorageConfig } from './storage/index.js';

/** Starts the service and returns once it listens. What an operator has to mend is said in a line, without a stack. */
export async function serve(): Promise<void> {
  if (existsSync('.env')) loadEnvFile('.env');
  // Before there is anything to end gracefully: the exit takes the database along.
  const leave = (): void => process.exit(1);
  for (const signal of STOP_SIGNALS) process.on(signal, leave);
  let database: DatabaseServer | undefined;
  try {
    database = await startDatabase();
    const app = await create(database);
    for (const signal of STOP_SIGNALS) process.off(signal, leave);
    stopOnSignals(app, database);
    await listen(app, database);
  } catch (error) {
    process.stderr.write(`${startFailure(error)}\n`);
    await database?.stop().catch((cause: unknown) => process.stderr.write(`${errorMessage(cause)}\n`));
    process.exit(1);
  }
}

function startDatabase(): Promise<DatabaseServer> {
  const app = appConfig();
  const { url, directUrl } = databaseConfig();
  const { driver } = storageConfig();
  assertOneProcess(app.role, { database: url, driver });
  // Said before anything is started: a key that cannot be used is found by reading it.
  assertBucketBehind(cloudfrontConfig(), driver);
  return DatabaseServer.start({
    url,
    directUrl,
    dataDir: app.dataDir,
    attachAs: Attachment.Service,
    logger: new Logger(DatabaseServer.name),
  });
}

/** Embedded parts belong to one process: two roles on two machines would each see only their own. */
function assertOneProcess(role: Role, parts: { database: string | undefined; driver: StorageDriver }): void {
  if (role === Role.All) return;
  const embedded = [
    ...(parts.database === undefined ? ['the embedded database (set DATABASE_URL)'] : []),
    ...(parts.driver === StorageDriver.Local ? ['the local object store (set S3_BUCKET_NAME)'] : []),
  ];
  if (embedded.length === 0) return;
  throw new InvalidEnvironmentError([
    `ROLE=${role} needs a database and an object store that other processes share; this one has ${embedded.join(' and ')}. Use ROLE=all, or set them`,
  ]);
}

/** The local object store is no origin of a distribution: every link would lead to nothing. */
function assertBucketBehind({ distribution }: CloudFrontConfig, driver: StorageDriver): void {
  if (distribution === undefined || driver !== StorageDriver.Local) return;
  throw new InvalidEnvironmentError([
    `CLOUDFRONT_DOMAIN (${distribution.domain}) needs a bucket on S3 behind it, and this service has the local object store. Set S3_BUCKET_NAME, or leave CLOUDFRONT_DOMAIN, CLOUDFRONT_KEY_PAIR_ID and CLOUDFRONT_PRIVATE_KEY_PATH out`,
  ]);
}

async function create(database: DatabaseServer): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(database), {
    bufferLogs: true,
    abortOnError: false,
    bodyParser: false,
  });
  setUp(app);
  return app;
}

async function listen(app: NestExpressApplication, database: DatabaseServer): Promise<void> {
  const config = app.get<AppConfig>(appConfig.KEY);
  try {
    await app.listen(config.port, config.host);
  } catch (error) {
    // Jobs may have begun: they are handed back.
    await app.close();
    throw error;
  }
  process.stdout.write(
    greeting({
      app: config,
      bucket: app.get<StorageConfig>(storageConfig.KEY).bucket,
      database: database.description(),
      key: app.get(BootstrapKey).notice,
    }),
  );
}

function startFailure(error: unknown): string {
  if (error instanceof InvalidEnvironmentError || error instanceof EmbeddedPostgresError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `${error.message}. Another program listens there; choose another PORT.`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
