import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { appConfig, type AppConfig } from '../config/index.js';
import { DatabaseServer } from '../database/index.js';
import { errorCode } from '../errors/index.js';
import { ApiKeys, newKey } from './api-keys.js';
import { authConfig, type AuthConfig } from './auth.config.js';

/** What the operator is told about the first key. `created` is shown once, outside the logger. */
export interface BootstrapNotice {
  readonly path?: string;
  readonly created?: string;
  /** There is no key at all: nobody can use the service yet. */
  readonly missing?: true;
}

/**
 * Sees to the installation's first key: BOOTSTRAP_API_KEY where it is set; else, on the embedded database, one of its own in
 * `DATA_DIR/api-key` (0600).
 */
@Injectable()
export class BootstrapKey implements OnApplicationBootstrap {
  private told: BootstrapNotice = {};

  constructor(
    private readonly keys: ApiKeys,
    private readonly database: DatabaseServer,
    @Inject(authConfig.KEY) private readonly auth: AuthConfig,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  get notice(): BootstrapNotice {
    return this.told;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.auth.bootstrapApiKey !== undefined) {
      await this.keys.ensureBootstrap(this.auth.bootstrapApiKey);
      return;
    }
    if (this.database.kind !== 'embedded') {
      if (!(await this.keys.any())) this.told = { missing: true };
      return;
    }
    const path = join(this.app.dataDir, 'api-key');
    const known = await readKey(path);
    const key = known ?? newKey();
    if (known === undefined) await writeKey(path, key);
    await this.keys.ensureBootstrap(key);
    this.told = known === undefined ? { path, created: key } : { path };
  }
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    const key = (await readFile(path, 'utf8')).trim();
    return key === '' ? undefined : key;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all: the file is on the disk before its name is. */
async function writeKey(path: string, key: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${key}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}
