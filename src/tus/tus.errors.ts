import { DomainError } from '../errors/index.js';

/** Another request is writing the upload and does not let go, or has taken it over. */
export class UploadLockedError extends DomainError {
  readonly kind = 'locked';
  readonly code = 'UPLOAD_LOCKED';
  constructor() {
    super('Another request is at work on this upload. Ask for its offset (HEAD) and go on from there.', {
      retryAfterSeconds: 1,
    });
  }
}

/** The upload is over and brought no file. Clients take a conflict for something to try again, and this for the end. */
export class UploadGoneError extends DomainError {
  readonly kind = 'gone';
  readonly code = 'UPLOAD_GONE';
  constructor({ status, reason }: { readonly status: string; readonly reason: string | null }) {
    super(`The upload is ${status}. Begin a new one: POST /v1/tus.`, {
      details: { status, ...(reason !== null && { reason }) },
    });
  }
}

/** Partial uploads that are put together at the end are not offered. */
export class ConcatenationUnsupportedError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'CONCATENATION_UNSUPPORTED';
  constructor() {
    super('Uploads are not put together out of several here. Leave parallelUploads of the tus client at 1.');
  }
}

/** The store refuses to join the parts as they are recorded, though it has them all. Nothing is lost by it. */
export class UploadPartsUnexpectedError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'UPLOAD_PARTS_UNEXPECTED';
  constructor() {
    super('The object store does not put the parts of this upload together. Nothing was lost; try again shortly.', {
      retryAfterSeconds: 5,
    });
  }
}

export class UploadOffsetError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'UPLOAD_OFFSET_MISMATCH';
  constructor() {
    super('Upload-Offset is not how far the upload is. Ask for its offset (HEAD) and go on from there.');
  }
}

export class UploadLengthExceededError extends DomainError {
  readonly kind = 'too-large';
  readonly code = 'UPLOAD_LENGTH_EXCEEDED';
  constructor() {
    super('More bytes are sent than the Upload-Length of this upload.');
  }
}

export class TusVersionError extends DomainError {
  readonly kind = 'precondition-failed';
  readonly code = 'TUS_VERSION_UNSUPPORTED';
  constructor() {
    super('Requests name the version of the protocol: Tus-Resumable: 1.0.0.');
  }
}

export class TusContentTypeError extends DomainError {
  readonly kind = 'unsupported-type';
  readonly code = 'TUS_CONTENT_TYPE';
  constructor(contentType: string) {
    super(`The bytes of an upload come as ${contentType}.`, { details: { contentType } });
  }
}

/** Headers that the protocol does not allow, or misses. */
export class TusRequestError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'TUS_REQUEST_INVALID';
}

/** An error as @tus/server writes it. */
export interface TusAnswer {
  readonly status_code: number;
  readonly body: string;
}

/** What an answer of @tus/server means. */
export function meaningOf({ status_code: status, body }: TusAnswer): Error {
  switch (status) {
    case 400:
    case 403:
    case 404:
      return new TusRequestError(body.trim() === '' ? 'The request is not one of tus 1.0.' : `${body.trim()}.`);
    case 409:
      return new UploadOffsetError();
    case 410:
      return new UploadGoneError({ status: 'expired', reason: 'UPLOAD_EXPIRED' });
    case 412:
      return new TusVersionError();
    case 413:
      return new UploadLengthExceededError();
    default:
      return new Error(`tus: ${status} ${body}`);
  }
}
