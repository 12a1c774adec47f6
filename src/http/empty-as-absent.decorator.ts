import { Transform } from 'class-transformer';

/** `?status=` says nothing about the status: an empty query parameter counts as not sent. */
export function EmptyAsAbsent(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value));
}
