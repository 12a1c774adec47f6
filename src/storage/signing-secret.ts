import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { appConfig, type AppConfig } from '../config/index.js';
import { readOrMakeSecret } from '../local-store/index.js';
import { storageConfig, type StorageConfig } from './storage.config.js';

/**
 * What the service signs permissions of its own with: derived from LINK_SIGNING_SECRET, else from a secret in DATA_DIR that is made
 * when it is first needed. Nodes of one deployment have to share it.
 */
@Injectable()
export class SigningSecret {
  private secret: Promise<string> | undefined;

  constructor(
    @Inject(storageConfig.KEY) private readonly config: StorageConfig,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  /** The key for one purpose: what is signed for another is never taken for it. */
  async keyFor(purpose: string): Promise<Buffer> {
    return createHmac('sha256', await this.read())
      .update(purpose)
      .digest();
  }

  private read(): Promise<string> {
    this.secret ??= this.open().catch((error: unknown) => {
      this.secret = undefined;
      throw error;
    });
    return this.secret;
  }

  private open(): Promise<string> {
    const { linkSigningSecret } = this.config;
    if (linkSigningSecret !== undefined) return Promise.resolve(linkSigningSecret);
    return readOrMakeSecret(join(this.app.dataDir, 'link-secret'));
  }
}
