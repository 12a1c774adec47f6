import { DomainError } from '../errors/index.js';

export class NotAuthenticatedError extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code: 'API_KEY_MISSING' | 'API_KEY_INVALID';
  constructor(code: 'API_KEY_MISSING' | 'API_KEY_INVALID') {
    super(
      code === 'API_KEY_MISSING'
        ? 'Send an API key: Authorization: Bearer <key>, or X-Api-Key: <key>.'
        : 'This API key is unknown or revoked.',
    );
    this.code = code;
  }
}

export class ScopeMissingError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'SCOPE_MISSING';
  constructor(missing: readonly string[]) {
    super(`This API key lacks the scope ${missing.join(', ')}.`, { details: { missing } });
  }
}

export class ReservedNameError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'RESERVED_NAME';
  constructor(name: string) {
    super(`A key cannot be called ${name}: the installation's first key is. Choose another name.`);
  }
}
