import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

const KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const MAX_VALUE_LENGTH = 256;
/** Controls, NUL among them, and lone surrogates, which UTF-8 cannot write. */
const UNWRITABLE = /[\p{Cc}\p{Cs}]/u;

/** A merge patch of a map from names to short texts: null removes an entry, and in place of the map all of them. */
export function IsStringMapPatch(): PropertyDecorator {
  return applyDecorators(
    // The map as it was sent: class-transformer leaves names out that it does not like, without a word.
    Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]),
    ValidateBy({
      name: 'isStringMapPatch',
      validator: {
        validate: (value: unknown) => problemOf(value) === undefined,
        defaultMessage: (at) => `${at?.property ?? ''} ${problemOf(at?.value) ?? ''}`,
      },
    }),
  );
}

function problemOf(patch: unknown): string | undefined {
  if (patch === null) return undefined;
  if (typeof patch !== 'object' || Array.isArray(patch)) return 'must be an object of texts';
  for (const [name, value] of Object.entries(patch)) {
    if (!KEY.test(name) || name in Object.prototype) {
      return 'must have keys of 1 to 64 of A-Z a-z 0-9 _ . -, the first a letter or a digit, and none that every object has';
    }
    if (value !== null && !isText(value)) {
      return `must have texts of at most ${MAX_VALUE_LENGTH} characters without control characters as values, or null`;
    }
  }
  return undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && Array.from(value).length <= MAX_VALUE_LENGTH && !UNWRITABLE.test(value);
}
