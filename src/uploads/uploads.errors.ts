import { DomainError, type DomainErrorOptions } from '../errors/index.js';

export class NoFileError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'NO_FILE';
  constructor() {
    super('Send one file, as multipart/form-data, in the field `file`: curl -F file=@interview.wav');
  }
}

export class UnexpectedFieldError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UNEXPECTED_FIELD';
  constructor(field: string) {
    super(`The file must be in the field \`file\`, not in ${JSON.stringify(field.slice(0, 64))}.`);
  }
}

export class SecondFileError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'SECOND_FILE';
  constructor() {
    super('Send one file a request. Nothing of this one was kept.');
  }
}

export class MalformedMultipartError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'MALFORMED_MULTIPART';
  constructor(reason: string, options?: DomainErrorOptions) {
    super(`The multipart/form-data body cannot be read: ${reason}.`, options);
  }
}
