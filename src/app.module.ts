import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { LoggerModule } from 'nestjs-pino';
import { AuthModule } from './auth/index.js';
import { appConfig, ConfigurationModule, type AppConfig } from './config/index.js';
import { DatabaseModule, type DatabaseServer } from './database/index.js';
import { DirectUploadsModule } from './direct-uploads/index.js';
import { DocumentsModule } from './documents/index.js';
import { DomainErrorFilter } from './errors/index.js';
import { FilesModule } from './files/index.js';
import { InheritedNamesPipe, JsonBodyInterceptor, validationPipe } from './http/index.js';
import { LinksModule } from './links/index.js';
import { ListingModule } from './listing/index.js';
import { loggerParams } from './logging.js';
import { OperationsModule } from './operations/index.js';
import { PicturesModule } from './pictures/index.js';
import { ProcessingModule } from './processing/index.js';
import { RecordingsModule } from './recordings/index.js';
import { SessionsModule } from './sessions/index.js';
import { LocalObjectsModule, storageConfig, StorageDriver } from './storage/index.js';
import { TrashModule } from './trash/index.js';
import { TusModule } from './tus/index.js';

/** The features of the service. A new one is a module of its own, and one line here. */
export const FEATURES = [
  FilesModule,
  ListingModule,
  LinksModule,
  TrashModule,
  DirectUploadsModule,
  TusModule,
  SessionsModule,
  PicturesModule,
  DocumentsModule,
  ProcessingModule,
  RecordingsModule,
  OperationsModule,
  // A team's own, one line each: docs/extending.md.
];

/** The service: one process, with the parts that its role asks for. */
@Module({})
export class AppModule {
  /** `database` is started and stopped by whoever starts the application: it outlives every module. */
  static forRoot(database: DatabaseServer): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigurationModule,
        LoggerModule.forRootAsync({ inject: [appConfig.KEY], useFactory: (app: AppConfig) => loggerParams(app) }),
        DatabaseModule.forRoot(database),
        ScheduleModule.forRoot(),
        AuthModule,
        ...FEATURES,
        ...(storageConfig().driver === StorageDriver.Local ? [LocalObjectsModule] : []),
      ],
      providers: [
        { provide: APP_FILTER, useClass: DomainErrorFilter },
        { provide: APP_INTERCEPTOR, useClass: JsonBodyInterceptor },
        { provide: APP_PIPE, useClass: InheritedNamesPipe },
        { provide: APP_PIPE, useFactory: validationPipe },
      ],
    };
  }
}
