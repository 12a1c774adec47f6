import { Matches } from 'class-validator';
import { OUTSIDE_ID } from './key-template.js';

/** The rule of an identifier of an outside thing, for the API's description. */
export const OUTSIDE_ID_PATTERN = `^${OUTSIDE_ID}$`;

/** For a property that names an outside thing: a session, a user, a document, a quote. `more` ends the message. */
export function IsOutsideId(more?: string): PropertyDecorator {
  return Matches(new RegExp(OUTSIDE_ID_PATTERN), {
    message: `$property must be 1 to 64 letters, digits, _ and -, and begin with a letter or a digit${more === undefined ? '' : `, ${more}`}`,
  });
}
