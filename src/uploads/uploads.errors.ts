import { DomainError, type DomainErrorOptions } from '../errors/index.js';

export class NoFileError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'NO_FILE';
  constructor(field: string) {
    super(`Send a file, as multipart/form-data, in the field \`${field}\`: curl -F ${field}=@NAME`, {
      details: { field },
    });
  }
}

export class UnexpectedFieldError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UNEXPECTED_FIELD';
  constructor(field: string, expected: readonly string[]) {
    const names = expected.map((name) => `\`${name}\``).join(' or ');
    super(`A file must be in the field ${names}, not in ${JSON.stringify(field.slice(0, 64))}.`);
  }
}

export class SecondFileError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'SECOND_FILE';
  constructor() {
    super('Send one file a field, and no more fields than are asked for. Nothing of this form was kept.');
  }
}

export class MalformedMultipartError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'MALFORMED_MULTIPART';
  constructor(reason: string, options?: DomainErrorOptions) {
    super(`The multipart/form-data body cannot be read: ${reason}.`, options);
  }
}
