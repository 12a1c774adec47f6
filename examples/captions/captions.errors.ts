import { DomainError } from '../../src/errors/index.js';

/** The step before has left nothing that captions can be laid out by. */
export class ProbeUnusableError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'PROBE_UNUSABLE';
  constructor(reason: string) {
    super(`The caption sheet needs probe.json: ${reason}.`);
  }
}
