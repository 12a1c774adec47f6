/** `npm run layout`: writes docs/bucket-layout.md from the kinds of file that the sources declare. */
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './support/build.mjs';
import { main, ROOT } from './support/project.mjs';

const DIST = join(ROOT, 'dist');

await main(async () => {
  await ensureBuilt();
  const { bucketLayoutPage } = await import('../dist/bucket-layout.js');
  const { FileKind } = await import('../dist/storage/index.js');
  const kinds = [];
  for (const file of globSync('**/*-kinds.js', { cwd: DIST })) {
    const exported = Object.values(await import(pathToFileURL(join(DIST, file)).href));
    kinds.push(...exported.filter((value) => value instanceof FileKind));
  }
  writeFileSync(join(ROOT, 'docs', 'bucket-layout.md'), bucketLayoutPage(kinds));
  return 0;
});
