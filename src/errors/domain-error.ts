/** What sort of failure an error is. The one filter that knows HTTP maps each kind to a status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'timeout'
  | 'conflict'
  | 'gone'
  | 'precondition-failed'
  | 'precondition-required'
  | 'too-large'
  | 'unsupported-type'
  | 'range-not-satisfiable'
  | 'unprocessable'
  | 'locked'
  | 'not-implemented'
  | 'unavailable'
  | 'out-of-space';

export interface DomainErrorOptions extends ErrorOptions {
  /** Facts a client can act on; never a secret, never a signed URL. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** When to try again, in seconds; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/** An error with a meaning of ours: a kind, a stable code, and a message that says what to do. */
export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;
  /** Stable, in capitals: clients branch on it. */
  abstract readonly code: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, options: DomainErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
