import { DomainError } from '../errors/index.js';
import type { StoreAbility } from '../object-storage/index.js';

/** The object store behind the service cannot do what the request needs. */
export class StoreAbilityMissingError extends DomainError {
  readonly kind = 'not-implemented';
  readonly code = 'STORE_CANNOT';
  constructor(ability: StoreAbility) {
    super(
      `The object store of this installation does not support this (${ability}). GET /health/ready says what it lacks.`,
      {
        details: { ability },
      },
    );
  }
}
