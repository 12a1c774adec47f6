type Values = Readonly<Record<string, unknown>>;

/**
 * What a request says of these parameters, which may be in its query or in the form fields before the file: the query wins,
 * unless it has nothing but the name (`?language=`). What else a form carries is its own business.
 */
export function formParameters(
  names: readonly string[],
  { fields, query }: { readonly fields: Values; readonly query: Values },
): Values {
  const told = (values: Values, name: string): boolean => Object.hasOwn(values, name);
  return Object.fromEntries(
    names
      .map((name) => [name, told(query, name) && query[name] !== '' ? query : fields] as const)
      .filter(([name, values]) => told(values, name))
      .map(([name, values]) => [name, values[name]]),
  );
}
