import { DomainError, type DomainErrorOptions } from '../errors/index.js';

/** A form that is no multipart/form-data, or has not exactly one file, after its fields. */
export class InvalidFormError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'FORM_INVALID';
  constructor(reason: string, options?: DomainErrorOptions) {
    super(
      `The form cannot be taken: ${reason}. Send multipart/form-data with the signed fields, and after them the field \`file\`.`,
      options,
    );
  }
}

export class PolicyViolatedError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'POLICY_VIOLATED';
  constructor(field: string) {
    super('A field of the form is not as its policy says. Send the signed fields as they were given, and no other.', {
      details: { field: field.slice(0, 64) },
    });
  }
}

export class ObjectTooLargeError extends DomainError {
  readonly kind = 'too-large';
  readonly code = 'OBJECT_TOO_LARGE';
  constructor(maxSizeBytes: number) {
    super(`The file is larger than the ${maxSizeBytes} bytes that the form was signed for.`, {
      details: { maxSizeBytes },
    });
  }
}

export class ObjectTooSmallError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'OBJECT_TOO_SMALL';
  constructor(minSizeBytes: number) {
    super(`The file is smaller than the ${minSizeBytes} bytes that the form was signed for.`, {
      details: { minSizeBytes },
    });
  }
}
