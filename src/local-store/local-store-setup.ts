import {
  type CorsRules,
  type CorsState,
  ObjectStorage,
  type StoreReport,
  StoreSetup,
} from '../object-storage/index.js';

const ABILITIES = {
  'conditional-create': 'yes',
  checksums: 'yes',
  tags: 'no',
  'post-policy': 'yes',
  lifecycle: 'no',
} as const satisfies StoreReport['abilities'];

/** The local store makes its folders itself when it is opened; what it can do is known. */
export class LocalStoreSetup extends StoreSetup {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly folder: string,
  ) {
    super();
  }

  override async ensure(): Promise<StoreReport> {
    await this.storage.check();
    return {
      driver: 'local',
      bucket: this.storage.bucket,
      location: this.folder,
      created: false,
      versioning: 'unsupported',
      abilities: ABILITIES,
      cors: 'not-needed',
    };
  }

  override allowOrigins(): Promise<CorsState> {
    return Promise.resolve('not-needed');
  }

  override corsRules(): Promise<CorsRules> {
    return Promise.resolve({ state: 'not-needed', rules: [] });
  }

  override abilities(): Promise<StoreReport['abilities']> {
    return Promise.resolve(ABILITIES);
  }
}
