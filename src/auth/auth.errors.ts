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

/** A token for uploads that is not, or no longer, one of ours. */
export class UploadTokenError extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code: 'UPLOAD_TOKEN_INVALID' | 'UPLOAD_TOKEN_EXPIRED';
  constructor(code: 'UPLOAD_TOKEN_INVALID' | 'UPLOAD_TOKEN_EXPIRED') {
    super(
      code === 'UPLOAD_TOKEN_EXPIRED'
        ? 'This upload token has expired. Ask whoever gave it to you for a new one.'
        : 'This upload token is not valid, or the key that it was made with was revoked.',
    );
    this.code = code;
  }
}

/** A token for uploads opens nothing else. */
export class UploadTokenRefusedError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'UPLOAD_TOKEN_REFUSED';
  constructor() {
    super('An upload token is good for uploads, and for nothing else.');
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
