import { DomainError } from '../errors/index.js';

/** A value that would become part of an object key is not of the form its place in the key asks for. */
export class InvalidKeyParameterError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_PARAMETER';
  constructor(readonly parameter: string) {
    super(
      `${parameter} is not valid. Identifiers are 1 to 64 letters, digits, _ and -, and begin with a letter or a digit.`,
      { details: { parameter } },
    );
  }
}

export class UnknownFileKindError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UNKNOWN_KIND';
  constructor(name: string) {
    super(`There is no kind of file called ${JSON.stringify(name.slice(0, 64))}. GET /v1/kinds lists them.`);
  }
}

/** The name's extension, or what the bytes were recognised as, is not what the kind takes. */
export class TypeNotAcceptedError extends DomainError {
  readonly kind = 'unsupported-type';
  readonly code = 'TYPE_NOT_ACCEPTED';
  constructor(found: {
    readonly extension: string;
    readonly foundType?: string;
    readonly accepted: readonly string[];
  }) {
    const name =
      found.extension === '' ? 'a name without extension' : `a name ending in ${found.extension.slice(0, 20)}`;
    super(
      `The file has ${name}${found.foundType === undefined ? '' : ` and its bytes are ${found.foundType}`}. Accepted here: ${found.accepted.join(', ')}, ` +
        'each with bytes that match its name.',
      { details: { ...(found.foundType !== undefined && { foundType: found.foundType }), accepted: found.accepted } },
    );
  }
}
