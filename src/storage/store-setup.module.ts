import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { appConfig, type AppConfig } from '../config/index.js';
import { S3Clients, s3Config, S3Module, type S3Config } from '../s3/index.js';
import { LocalStoreSetup } from '../local-store/index.js';
import { ObjectStorage, StoreSetup } from '../object-storage/index.js';
import { S3BucketSetup } from '../s3-store/index.js';
import { storageConfig, StorageDriver, type StorageConfig } from './storage.config.js';
import { StorageModule } from './storage.module.js';
import { StoreAbilities } from './store-abilities.js';

/** For whoever prepares the store, or has to know what it can do. */
@Module({
  imports: [StorageModule, S3Module],
  providers: [
    StoreAbilities,
    {
      provide: StoreSetup,
      inject: [storageConfig.KEY, appConfig.KEY, s3Config.KEY, S3Clients, ObjectStorage],
      useFactory: (
        { driver, bucket }: StorageConfig,
        { dataDir }: AppConfig,
        s3: S3Config,
        clients: S3Clients,
        storage: ObjectStorage,
      ): StoreSetup => {
        switch (driver) {
          case StorageDriver.S3:
            return new S3BucketSetup(clients, s3, bucket);
          case StorageDriver.Local:
            return new LocalStoreSetup(storage, join(dataDir, 'objects', bucket));
          default:
            return driver satisfies never;
        }
      },
    },
  ],
  exports: [StoreSetup, StoreAbilities],
})
export class StoreSetupModule {}
