import { join } from 'node:path';
import type { AppConfig, Clock } from '../config/index.js';
import type { S3Clients } from '../s3/index.js';
import { LocalLinkSigner, LocalObjectStorage, readOrMakeSecret } from '../local-store/index.js';
import type { ObjectStorage } from '../object-storage/index.js';
import { S3ObjectStorage } from '../s3-store/index.js';
import { StorageDriver, type StorageConfig } from './storage.config.js';

/** What only the local store has: the service itself answers its links. */
export interface LocalStore {
  readonly storage: LocalObjectStorage;
  readonly signer: LocalLinkSigner;
}

/** The store that configuration chose, as its adapter. */
export class Store {
  private constructor(
    readonly storage: ObjectStorage,
    readonly local?: LocalStore,
  ) {}

  static async open({ config, app, clients, clock }: StoreParts): Promise<Store> {
    switch (config.driver) {
      case StorageDriver.S3:
        return new Store(new S3ObjectStorage(clients, config));
      case StorageDriver.Local: {
        const secret = config.linkSigningSecret ?? (await readOrMakeSecret(join(app.dataDir, 'link-secret')));
        const signer = new LocalLinkSigner({ publicUrl: app.publicUrl, bucket: config.bucket, secret }, clock);
        const root = join(app.dataDir, 'objects');
        const storage = await LocalObjectStorage.open({ root, bucket: config.bucket, signer, clock });
        return new Store(storage, { storage, signer });
      }
      default:
        return config.driver satisfies never;
    }
  }
}

export interface StoreParts {
  readonly config: StorageConfig;
  readonly app: AppConfig;
  readonly clients: S3Clients;
  readonly clock: Clock;
}
