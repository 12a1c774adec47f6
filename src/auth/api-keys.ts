import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Clock, Ids } from '../config/index.js';
import { ApiKey } from './api-key.entity.js';
import { ReservedNameError } from './auth.errors.js';
import { ALL_SCOPES, type Principal, type Scope } from './principal.js';

const BOOTSTRAP = 'bootstrap';

/** Makes, finds and revokes keys. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Whose key this is; undefined for one that is unknown or revoked. */
  async find(key: string): Promise<Principal | undefined> {
    const found = await this.em.fork().findOne(ApiKey, { hash: hashOf(key), revokedAt: null });
    return found?.toPrincipal();
  }

  /** Whose key has this id; undefined for one that is unknown or revoked. */
  async findById(id: string): Promise<Principal | undefined> {
    const found = await this.em.fork().findOne(ApiKey, { id, revokedAt: null });
    return found?.toPrincipal();
  }

  /** A new key, shown this once. */
  async create(given: {
    name: string;
    scopes: readonly Scope[];
    ownerId?: string;
  }): Promise<{ id: string; key: string }> {
    if (given.name === BOOTSTRAP) throw new ReservedNameError(BOOTSTRAP);
    const key = newKey();
    const id = this.ids.next();
    await this.em.fork().insert(ApiKey, {
      id,
      name: given.name,
      hash: hashOf(key),
      scopes: [...given.scopes],
      ownerId: given.ownerId ?? null,
      createdAt: this.clock.now(),
    });
    return { id, key };
  }

  /** Whether there is a key that works. */
  async any(): Promise<boolean> {
    return (await this.em.fork().count(ApiKey, { revokedAt: null })) > 0;
  }

  /** Makes this the installation's one bootstrap key, with every scope; another that was so before is revoked. */
  async ensureBootstrap(key: string): Promise<void> {
    const now = this.clock.now();
    await this.em.fork().transactional(async (em) => {
      await em.nativeUpdate(
        ApiKey,
        { name: BOOTSTRAP, revokedAt: null, hash: { $ne: hashOf(key) } },
        { revokedAt: now },
      );
      await em.upsert(
        ApiKey,
        {
          id: this.ids.next(),
          name: BOOTSTRAP,
          hash: hashOf(key),
          scopes: [...ALL_SCOPES],
          createdAt: now,
          revokedAt: null,
        },
        { onConflictFields: ['hash'], onConflictAction: 'merge', onConflictMergeFields: ['revokedAt', 'scopes'] },
      );
    });
  }
}

/** 256 random bits behind a prefix that secret scanners can be taught. */
export function newKey(): string {
  return `cs_${randomBytes(32).toString('base64url')}`;
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
