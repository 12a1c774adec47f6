export { Idempotency, idempotentRequest, type IdempotencyHold, type IdempotentRequest } from './idempotency.js';
export { IdempotencyModule } from './idempotency.module.js';
