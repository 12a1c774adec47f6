import { DomainError } from '../errors/index.js';

/** No upload that the token is for has a parameter of this name. */
export class UnknownParameterError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UNKNOWN_PARAMETER';
  constructor(name: string) {
    super(`Uploads of this kind have no parameter ${name}.`, { details: { parameter: name } });
  }
}
