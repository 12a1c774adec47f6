import { DomainError, type DomainErrorOptions } from '../errors/index.js';

/** The store could not be asked, or did not answer: nothing is known about the object. */
export class StoreUnavailableError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'STORE_UNAVAILABLE';
  constructor(operation: string, options: DomainErrorOptions = {}) {
    super(`The object store did not answer (${operation}). Nothing was lost; try again shortly.`, {
      retryAfterSeconds: 5,
      ...options,
    });
  }
}

/** The store refuses us, and would again: credentials, permissions, or a setting. An operator's matter. */
export class StoreRefusedError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'STORE_REFUSED';
  constructor(operation: string, options: DomainErrorOptions = {}) {
    super(`The object store refused the request (${operation}). An operator has to look at its settings.`, options);
  }
}

export class StoreFullError extends DomainError {
  readonly kind = 'out-of-space';
  readonly code = 'STORE_FULL';
  constructor(options: DomainErrorOptions = {}) {
    super('The object store has no room left. Free space, then send the file again.', options);
  }
}

export class BucketMissingError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'BUCKET_MISSING';
  constructor(bucket: string, options: DomainErrorOptions = {}) {
    super(`The bucket ${bucket} does not exist. Create it with: npm run storage -- init`, options);
  }
}

export class InvalidKeyError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_KEY';
  constructor(reason: string) {
    super(`An object key is 1 to 1,024 bytes of UTF-8 without control characters; this one ${reason}.`);
  }
}

export class KeyTakenError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'KEY_TAKEN';
  constructor(
    readonly key: string,
    options: DomainErrorOptions = {},
  ) {
    super('There is an object under this key already.', options);
  }
}

export class ObjectMissingError extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'OBJECT_MISSING';
  constructor(
    readonly key: string,
    options: DomainErrorOptions = {},
  ) {
    super('The object store has no object under this key.', options);
  }
}

/** The bytes are in an archive class, and cannot be read before they are thawed. */
export class ArchivedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'ARCHIVED';
  constructor(
    readonly key: string,
    options: DomainErrorOptions = {},
  ) {
    super('The object is archived: it can be read once it has been thawed.', options);
  }
}

/** Nothing has to be thawed: the object can be read as it is. */
export class NotArchivedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'NOT_ARCHIVED';
  constructor(storageClass: string, options: DomainErrorOptions = {}) {
    super(`The object is not archived (${storageClass}): it can be read at once.`, {
      ...options,
      details: { storageClass },
    });
  }
}

export class ThawTierError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'THAW_TIER_NOT_AVAILABLE';
  constructor(tier: string, options: DomainErrorOptions = {}) {
    super(`Objects of this storage class cannot be thawed in the tier ${tier}. Ask for another.`, options);
  }
}

/** The store has no archive to thaw from, or no such request. */
export class ThawUnsupportedError extends DomainError {
  readonly kind = 'not-implemented';
  readonly code = 'THAW_UNSUPPORTED';
  constructor(options: DomainErrorOptions = {}) {
    super('This object store cannot thaw archived objects.', options);
  }
}

export class UploadMissingError extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'UPLOAD_MISSING';
  constructor(options: DomainErrorOptions = {}) {
    super('The multipart upload is not open: it was completed, aborted, or never begun.', options);
  }
}

export class InvalidPartError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_PART';
  constructor(reason: string, options: DomainErrorOptions = {}) {
    super(`The multipart upload cannot be completed: ${reason}.`, options);
  }
}

export class IncompleteBodyError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INCOMPLETE_BODY';
  constructor(expectedBytes: number, receivedBytes: number) {
    super(`${expectedBytes} bytes were announced and ${receivedBytes} came. Send the file again.`);
  }
}

export class RangeNotSatisfiableError extends DomainError {
  readonly kind = 'range-not-satisfiable';
  readonly code = 'RANGE_NOT_SATISFIABLE';
  constructor(readonly sizeBytes: number | undefined) {
    super(
      sizeBytes === undefined
        ? 'The range begins past the end of the object.'
        : `The range begins past the end of the object, which has ${sizeBytes} bytes.`,
    );
  }
}

export class ChecksumMismatchError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'CHECKSUM_MISMATCH';
  constructor(options: DomainErrorOptions = {}) {
    super('The bytes that arrived do not have the checksum that was announced. Send the file again.', options);
  }
}

/** A link is expired, altered, or not one of ours. */
export class InvalidSignatureError extends DomainError {
  readonly kind = 'forbidden';
  readonly code: 'LINK_EXPIRED' | 'LINK_INVALID';
  constructor(code: 'LINK_EXPIRED' | 'LINK_INVALID') {
    super(
      code === 'LINK_EXPIRED'
        ? 'This link has expired. Ask for a new one.'
        : 'This link is not valid. Ask for a new one.',
    );
    this.code = code;
  }
}

/** A conditional request (If-Match, If-None-Match, If-Unmodified-Since) whose condition does not hold. */
export class PreconditionFailedError extends DomainError {
  readonly kind = 'precondition-failed';
  readonly code = 'PRECONDITION_FAILED';
  constructor(options: DomainErrorOptions = {}) {
    super(
      'A condition of the request does not hold: the object is another one than the request was made for.',
      options,
    );
  }
}

/** The sender went away, or fell silent, before its body had come. */
export class BodyInterruptedError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'BODY_INTERRUPTED';
  constructor(options: DomainErrorOptions = {}) {
    super('The connection ended before the whole body had come. Send the file again.', options);
  }
}
