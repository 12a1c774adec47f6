import { defineEntity, p } from '@mikro-orm/core';
import type { Principal, Scope } from './principal.js';

const ApiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: p.uuid().primary(),
    name: p.string().length(64),
    /** SHA-256 of the key, in hex. Keys are long and random, so that a slow hash would add nothing. */
    hash: p.string().length(64).unique(),
    scopes: p.array<Scope>(),
    ownerId: p.string().length(64).nullable(),
    createdAt: p.datetime(),
    revokedAt: p.datetime().nullable(),
  },
});

/** A client's key. The key itself is shown once and never kept. */
export class ApiKey extends ApiKeySchema.class {
  toPrincipal(): Principal {
    return {
      id: this.id,
      kind: 'api-key',
      scopes: this.scopes,
      ...(typeof this.ownerId === 'string' && { ownerId: this.ownerId }),
    };
  }
}
ApiKeySchema.setClass(ApiKey);
