import { DomainError } from '../errors/index.js';

export class InvalidIdempotencyKeyError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_IDEMPOTENCY_KEY';
  constructor() {
    super('Idempotency-Key must have 1 to 255 printable ASCII characters. A UUID does well.');
  }
}

export class IdempotencyInProgressError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'IDEMPOTENCY_IN_PROGRESS';
  constructor() {
    super('A request with this Idempotency-Key is still running. Try again shortly.', { retryAfterSeconds: 2 });
  }
}

export class IdempotencyKeyReusedError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'IDEMPOTENCY_KEY_REUSED';
  constructor() {
    super('This Idempotency-Key was used for another request. Use a new key for every new request.');
  }
}

/** The lease of a request ran out and another one took its key over: this one must not take effect. */
export class IdempotencyLostError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'IDEMPOTENCY_LOST';
  constructor() {
    super('Another request with this Idempotency-Key took over. Its answer counts.');
  }
}
