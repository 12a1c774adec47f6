import { names, read, sources } from './sources.js';

const CONFIGS = sources('src/**/*.config.ts');
const EXAMPLE = read('.env.example');
const README = read('README.md');

const EXAMPLE_LINE = /^(?:# )?([A-Z][A-Z0-9_]*)=/gm;
const README_ROW = /^\| `([A-Z][A-Z0-9_]*)` +\|/gm;

/** The variables of a config: the property behind each `@Expose()`, whatever other decorators are in between. */
function variablesOf(config: string): string[] {
  const bare = config.replace(/'[^'\n]*'/g, "''");
  return bare
    .split('@Expose()')
    .slice(1)
    .map(
      (rest) => /\s([A-Z][A-Z0-9_]*)[?!]?(?::| =)/.exec(rest)?.[1] ?? `nothing behind @Expose():${rest.slice(0, 80)}`,
    );
}

/** Defaults that are written as one number or one string. */
function defaultsOf(config: string): (readonly [string, string])[] {
  return [...config.matchAll(/\s([A-Z][A-Z0-9_]*) = (?:'([^']*)'|([\d_]+));/g)]
    .filter(([, name = '']) => variablesOf(config).includes(name))
    .map(([, name = '', text, number = '']) => [name, text ?? number.replaceAll('_', '')] as const);
}

const VARIABLES = [...new Set(CONFIGS.flatMap(variablesOf))].sort();

describe('The list of variables', () => {
  it('is found in the sources', () => {
    expect(VARIABLES).toContain('S3_BUCKET_NAME');
    expect(VARIABLES.length).toBeGreaterThan(25);
  });

  it('is the same in .env.example', () => {
    expect(names(EXAMPLE, EXAMPLE_LINE)).toEqual(VARIABLES);
  });

  it('is the same in the README', () => {
    expect(names(README, README_ROW)).toEqual(VARIABLES);
  });

  it.each(CONFIGS.flatMap(defaultsOf))('has the default of %s, %s', (name, value) => {
    expect(EXAMPLE).toMatch(new RegExp(`^# ${name}=${value}$`, 'm'));
    expect(README).toMatch(new RegExp(`^\\| \`${name}\` +\\| \`${value}\` +\\|`, 'm'));
  });

  it('explains every variable in a line of its own', () => {
    const lines = EXAMPLE.split('\n');
    const bare = lines.filter((line, at) => /^# [A-Z0-9_]+=/.test(line) && !/^# [^=]+$/.test(lines[at - 1] ?? ''));
    expect(bare).toEqual([]);
  });
});
