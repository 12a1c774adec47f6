import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FileKind } from '../../src/storage/index.js';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** Every kind of file that some module declares, in no order. */
export async function declaredKinds(): Promise<readonly FileKind[]> {
  const kinds: FileKind[] = [];
  for (const file of globSync('**/*-kinds.ts', { cwd: SRC })) {
    const exported = (await import(`../../src/${file}`)) as Record<string, unknown>;
    kinds.push(...Object.values(exported).filter((value) => value instanceof FileKind));
  }
  return kinds;
}
