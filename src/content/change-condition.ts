import { DomainError } from '../errors/index.js';
import { entityTagMatches } from './conditional-request.js';
import { entityTagOf } from './entity-tag.interceptor.js';

export class PreconditionRequiredError extends DomainError {
  readonly kind = 'precondition-required';
  readonly code = 'PRECONDITION_REQUIRED';
  constructor() {
    super('Say which state this change is meant for: send If-Match with the ETag that reading it gave, or with *.');
  }
}

export class ChangedMeanwhileError extends DomainError {
  readonly kind = 'precondition-failed';
  readonly code = 'PRECONDITION_FAILED';
  constructor() {
    super('This was changed since it was read. Read it again, and send the change with its new ETag.');
  }
}

/** Throws `ChangedMeanwhileError` unless a representation is one that an If-Match header names. */
export type ChangeCondition = (representation: object) => void;

/** The condition of a change. Throws `PreconditionRequiredError` where the header is missing. */
export function changeCondition(ifMatch: string | undefined): ChangeCondition {
  if (ifMatch === undefined) throw new PreconditionRequiredError();
  return (representation) => {
    if (!entityTagMatches(ifMatch, { etag: entityTagOf(representation), comparison: 'strong' }))
      throw new ChangedMeanwhileError();
  };
}
