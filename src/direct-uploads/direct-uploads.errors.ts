import { DomainError } from '../errors/index.js';
import type { UploadStatus } from './upload.entity.js';

/** There is none, or it is somebody else's: who asks is not told which. */
export class UploadNotFoundError extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'UPLOAD_NOT_FOUND';
  constructor() {
    super('There is no such upload of yours.');
  }
}

/** The upload is over: nothing can be added to it. */
export class UploadFinishedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'UPLOAD_FINISHED';
  constructor({ status, reason }: { readonly status: UploadStatus; readonly reason: string | null }) {
    super(`The upload is ${status}. Begin a new one: POST /v1/uploads.`, {
      details: { status, ...(reason !== null && { reason }) },
    });
  }
}

/** The token of the sender is for other files. */
export class UploadPinnedError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'UPLOAD_PINNED';
  constructor(name: string, value: string) {
    super(`This upload token is for files with the ${name} ${value}, and for no others.`, {
      details: { [name]: value },
    });
  }
}

/** Neither text nor a number, which is all that parameters are. */
export class InvalidParameterError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'VALIDATION_FAILED';
  constructor(name: string) {
    const problem = `${name} must be text`;
    super(problem, { details: { problems: [problem] } });
  }
}

/** Of this kind no file can be sent straight to the store. */
export class KindNotDirectError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'KIND_NOT_DIRECT';
  constructor(name: string, direct: readonly string[]) {
    super(`Files of the kind ${name} cannot be sent straight to the store. Those of ${direct.join(', ')} can.`, {
      details: { kinds: direct },
    });
  }
}

export class ChecksumUnsupportedError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'CHECKSUM_UNSUPPORTED';
  constructor(supported: readonly string[]) {
    super(`This upload can be checked by ${supported.join(' or ')} of the whole file, and by nothing else.`, {
      details: { supported },
    });
  }
}

/** A checksum that is named only now, of a file that was stored before: whoever named it has other bytes. */
export class StoredChecksumDiffersError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'STORED_CHECKSUM_DIFFERS';
  constructor(algorithm: string) {
    super(`The file was stored before, and its bytes have another ${algorithm}. It stays as it is.`, {
      details: { algorithm },
    });
  }
}

export class InvalidChecksumError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_CHECKSUM';
  constructor(algorithm: string, bytes: number) {
    super(`A ${algorithm} is ${bytes} bytes in base64, as S3 writes them.`);
  }
}

/** Parts are asked for that the upload cannot have, or of an upload that has none. */
export class PartNumberError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_PART_NUMBER';
  constructor(maxPartNumber: number) {
    super(
      maxPartNumber === 0
        ? 'This upload is one request and has no parts.'
        : `Parts of this upload have the numbers 1 to ${maxPartNumber}.`,
      { details: { maxPartNumber } },
    );
  }
}

/** Parts are missing: they can still be sent. */
export class PartsMissingError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'UPLOAD_INCOMPLETE';
  constructor(details: { readonly declaredSizeBytes: number; readonly sizeBytes: number }) {
    super('Parts of the upload are missing. Send them, then complete it: GET /v1/uploads/{id} lists what is there.', {
      details,
    });
  }
}
