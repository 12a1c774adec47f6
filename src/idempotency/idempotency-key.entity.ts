import { defineEntity, p, PrimaryKeyProp } from '@mikro-orm/core';

const IdempotencyKeySchema = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_key',
  properties: {
    principalId: p.string().length(64).primary(),
    key: p.string().length(255).primary(),
    /** Method, path and what was sent; another request under the same key has another. */
    fingerprint: p.string().length(64),
    /** Whose the running request is; a taken-over one has a new holder. */
    holder: p.uuid(),
    /** Null once the answer is there. */
    leaseUntil: p.datetime().nullable(),
    answer: p.json<unknown>().nullable(),
    createdAt: p.datetime(),
  },
});

/** A request that must take effect once, however often it is sent. */
export class IdempotencyKey extends IdempotencyKeySchema.class {
  declare [PrimaryKeyProp]?: ['principalId', 'key'];
}
IdempotencyKeySchema.setClass(IdempotencyKey);
