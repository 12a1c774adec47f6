import { DomainError } from '../errors/index.js';

/** Something the service needs does not answer; `details` says what. */
export class NotReadyError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'NOT_READY';
  constructor(details: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('The service cannot do its work at the moment: see details.', { ...options, details });
  }
}
