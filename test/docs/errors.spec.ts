import { names, read, sources } from './sources.js';

const SOURCES = sources('src/**/*.ts');
const FILTER = read('src/errors/domain-error.filter.ts');
const PAGE = read('docs/errors.md');

const CODE = /'([A-Z][A-Z0-9_]{3,})'/g;

/** Codes in the sources: what is given to a `code`, and what the filter's functions return. */
function codesInSources(): string[] {
  const given = SOURCES.flatMap((text) => text.match(/\bcode(?:\??:|\s*=(?!=))[^;{},]*/g) ?? []);
  const returned = FILTER.match(/\breturn [^;{},]*/g) ?? [];
  return names([...given, ...returned].join('\n'), CODE);
}

/** Codes of error classes with the status that the filter's table gives to their kind. */
function statusesInSources(): (readonly [string, string])[] {
  const statuses = new Map(
    [...FILTER.matchAll(/^ {2}'?([a-z-]+)'?: (\d{3}),$/gm)].map(([, kind, status]) => [kind, status]),
  );
  return SOURCES.flatMap((text) =>
    [...text.matchAll(/readonly kind = '([a-z-]+)';\s*(?:override )?readonly code([^;]+);/g)].flatMap(
      ([, kind, codes = '']) => names(codes, CODE).map((code) => [code, statuses.get(kind) ?? 'none'] as const),
    ),
  );
}

/** The page's rows: code and status; a dash where the code is never the answer to a request. */
const ROWS = [...PAGE.matchAll(/^\| `([A-Z][A-Z0-9_]+)` +\| +(\d{3}|–) +\|/gm)].map(([, code = '', status = '']) => ({
  code,
  status,
}));

describe('docs/errors.md', () => {
  it('lists every code of the sources, and no other', () => {
    expect(codesInSources().length).toBeGreaterThan(50);
    expect([...new Set(ROWS.map(({ code }) => code))].sort()).toEqual(codesInSources());
  });

  it.each(statusesInSources())('gives %s the status %s, or none', (code, status) => {
    const given = ROWS.filter((row) => row.code === code).map((row) => row.status);
    // A code may have a row in two sections: S3 answers another status than the API.
    expect(given.some((found) => found === status || found === '–')).toBe(true);
  });
});
