import { DomainError, type DomainErrorOptions } from '../errors/index.js';

/** Something that every Uppy says is missing. */
export class InvalidUppyRequestError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'VALIDATION_FAILED';
  constructor(problem: string) {
    super(problem, { details: { problems: [problem] } });
  }
}

/** Nothing that an upload needs. */
export class RequestNotSignableError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'REQUEST_NOT_SIGNABLE';
  constructor() {
    super(
      'Requests that make up an upload are signed: PUT key, POST key, and with its uploadId PUT of a part, GET, POST and DELETE.',
    );
  }
}

export class MalformedXmlError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'MALFORMED_XML';
  constructor(options?: DomainErrorOptions) {
    super('The body is not the XML of S3 that names the parts of an upload.', options);
  }
}
