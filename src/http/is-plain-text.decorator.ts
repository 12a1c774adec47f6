import { Matches } from 'class-validator';

/** One line of text: control characters are no part of any name, and the database takes no NUL at all. */
export function IsPlainText(): PropertyDecorator {
  return Matches(/^\P{Cc}*$/u, { message: '$property must not have control characters' });
}
