/** What a command has to say: for programs, and for people. */
export interface CommandOutput {
  readonly data: object;
  readonly lines: readonly string[];
}

/** A line with its name in a column of its own. */
export function row(name: string, value: string | number): string {
  return `${name.padEnd(22)}${value}`;
}
