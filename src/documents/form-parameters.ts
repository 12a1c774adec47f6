import type { Request } from 'express';

/** Of a form's fields, those that are parameters; what the query says counts before them. */
export function withQuery(
  names: readonly string[],
  { fields, request }: { readonly fields: Readonly<Record<string, unknown>>; readonly request: Request },
): Readonly<Record<string, unknown>> {
  const named = names.filter((name) => Object.hasOwn(fields, name)).map((name) => [name, fields[name]] as const);
  return { ...Object.fromEntries(named), ...request.query };
}
