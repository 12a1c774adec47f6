import { ValidateIf } from 'class-validator';

/** For a property that may be left out, and may not be null: class-validator's `IsOptional` lets null through unchecked. */
export function IfPresent(): PropertyDecorator {
  return ValidateIf((_: object, value: unknown) => value !== undefined);
}
