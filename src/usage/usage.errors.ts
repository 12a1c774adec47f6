import { DomainError } from '../errors/index.js';

export class UsageSubjectError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'USAGE_NEEDS_SUBJECT';
  constructor() {
    super(
      'Ask for the usage of one ownerId or of one sessionId. GET /v1/usage/owners and /v1/usage/sessions list them all.',
    );
  }
}
