import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The text of a file of the project. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The texts of all sources that match a pattern below the project's folder; specs are left out. */
export function sources(pattern: string): readonly string[] {
  return globSync(pattern, { cwd: ROOT })
    .filter((path) => !path.endsWith('.spec.ts'))
    .map(read);
}

/** The first group of every match, each once, in order. */
export function names(text: string, pattern: RegExp): string[] {
  const found = [...text.matchAll(pattern)].map((match) => match[1] ?? '');
  return [...new Set(found)].sort();
}
