import { DomainError, type DomainErrorOptions } from '../errors/index.js';

export class FileTooLargeError extends DomainError {
  readonly kind = 'too-large';
  readonly code = 'FILE_TOO_LARGE';
  constructor(maxSizeBytes: number) {
    super(`The file is larger than the ${maxSizeBytes} bytes accepted here.`, { details: { maxSizeBytes } });
  }
}

export class EmptyFileError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'EMPTY_FILE';
  constructor() {
    super('The file has no bytes.');
  }
}

/** The bucket holds an object of somebody else under the key that the file was to get. */
export class KeyOccupiedError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'KEY_OCCUPIED';
  constructor(options?: DomainErrorOptions) {
    super('The place of this file in the bucket turned out to be taken. Send it again: it gets another.', {
      ...options,
      retryAfterSeconds: 1,
    });
  }
}

/** The sender's connection ended before the file did. */
export class UploadInterruptedError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UPLOAD_INTERRUPTED';
  constructor(options?: DomainErrorOptions) {
    super('The upload ended before the file did. Nothing was kept; send it again.', options);
  }
}

/** The sender's lease ran out and the sweeper decided, or another attempt took over. */
export class FileLostError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'UPLOAD_EXPIRED';
  constructor() {
    super('The upload stood still for too long and was given up. Send the file again.', { retryAfterSeconds: 1 });
  }
}

/** The bytes do not have the checksum that their sender named. */
export class ChecksumDiffersError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'CHECKSUM_MISMATCH';
  constructor(algorithm: string) {
    super(
      `The bytes that arrived do not have the ${algorithm} that was announced. Nothing was kept; send them again.`,
      { details: { algorithm } },
    );
  }
}

/** What the store says it has is not what was sent. */
export class ObjectDiffersError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'OBJECT_DIFFERS';
  constructor(what: string) {
    super(`The object store did not keep the file as it was sent (${what}). Nothing was kept; send it again.`);
  }
}
