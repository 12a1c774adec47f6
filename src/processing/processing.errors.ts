import { DomainError } from '../errors/index.js';

export class ProcessingNotFoundError extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'PROCESSING_NOT_FOUND';
  constructor(fileId: string) {
    super(`Nothing processes file ${fileId}, or there is no such file.`);
  }
}

/** A newer run has begun, or the file is no longer there to be processed: this run must not write. */
export class OvertakenError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'OVERTAKEN';
  constructor() {
    super('This run of the processing is no longer the current one.');
  }
}

/** The queue did not answer when asked. */
export class QueueUnavailableError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'QUEUE_UNAVAILABLE';
  constructor() {
    super('The queue is not running.');
  }
}
