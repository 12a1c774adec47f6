import { DomainError } from '../errors/index.js';

/** Without a scope these filters would mean reading every file there is. */
export class FilterNeedsScopeError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'FILTER_NEEDS_SCOPE';
  constructor(filters: readonly string[], addOneOf: readonly string[]) {
    super(`No index serves ${filters.join(', ')} without one of ${addOneOf.join(', ')}: add one of these.`, {
      details: { filters, addOneOf },
    });
  }
}
