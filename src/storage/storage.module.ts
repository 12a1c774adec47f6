import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { appConfig, Clock, type AppConfig } from '../config/index.js';
import { Metrics, MetricsModule } from '../metrics/index.js';
import { S3Clients, S3Module } from '../s3/index.js';
import type { FileKind } from './file-kind.js';
import { FileKinds } from './file-kinds.js';
import { MeteredObjectStorage } from './metered-object-storage.js';
import { ObjectStorage } from '../object-storage/index.js';
import { storageConfig, type StorageConfig } from './storage.config.js';
import { Store } from './store.js';

/** The kinds that one module has put into the registry. */
class RegisteredKinds {
  constructor(readonly kinds: readonly FileKind[]) {}
}

@Module({})
class FileKindsModule {}

/** The bucket, and the kinds of file that lie in it. */
@Module({
  imports: [ConfigModule.forFeature(storageConfig), S3Module, MetricsModule],
  providers: [
    FileKinds,
    {
      provide: Store,
      inject: [storageConfig.KEY, appConfig.KEY, S3Clients, Clock],
      useFactory: (config: StorageConfig, app: AppConfig, clients: S3Clients, clock: Clock) =>
        Store.open({ config, app, clients, clock }),
    },
    {
      provide: ObjectStorage,
      inject: [Store, Metrics],
      useFactory: (store: Store, metrics: Metrics) => new MeteredObjectStorage(store.storage, metrics),
    },
  ],
  exports: [ObjectStorage, FileKinds, Store, ConfigModule],
})
export class StorageModule {
  /** Registers kinds of file; called by the module that owns them. */
  static forFeature(kinds: readonly FileKind[]): DynamicModule {
    return {
      module: FileKindsModule,
      imports: [StorageModule],
      providers: [
        {
          provide: RegisteredKinds,
          inject: [FileKinds],
          useFactory: (registry: FileKinds) => {
            registry.register(kinds);
            return new RegisteredKinds(kinds);
          },
        },
      ],
      exports: [StorageModule],
    };
  }
}
