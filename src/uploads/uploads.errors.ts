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

/** A form where the bytes of a file were to come. */
export class FormUnsupportedError extends DomainError {
  readonly kind = 'unsupported-type';
  readonly code = 'FORM_UNSUPPORTED';
  constructor() {
    super('A PUT takes the bytes of the file alone. Send a form with POST, to the path without the file name.');
  }
}

/** What is stored are the bytes that were sent; nobody would know that they are compressed. */
export class ContentEncodingUnsupportedError extends DomainError {
  readonly kind = 'unsupported-type';
  readonly code = 'CONTENT_ENCODING_UNSUPPORTED';
  constructor() {
    super('The body has a Content-Encoding. Send the file as it is, without one.');
  }
}

/** A PUT is of a whole file (RFC 9110, section 14.4). */
export class ContentRangeUnsupportedError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'CONTENT_RANGE_UNSUPPORTED';
  constructor() {
    super(
      'A PUT brings a whole file, and this one has a Content-Range. Send the file from its first byte to its last.',
    );
  }
}

export class InvalidDigestError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_DIGEST';
  constructor(reason: string) {
    super(`Content-Digest or Repr-Digest cannot be read: ${reason} (RFC 9530).`);
  }
}

export class DigestUnsupportedError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'CHECKSUM_UNSUPPORTED';
  constructor(supported: readonly string[]) {
    super(`The request has digests, and none that is checked here: send ${supported.join(' or ')}, or none at all.`, {
      details: { supported },
    });
  }
}
