/** `npm run prove -- NAME`: shows one promise of the service at full size. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './support/build.mjs';
import { main, projectNode, ROOT } from './support/project.mjs';
import { run } from './support/run.mjs';

const FOLDER = join(ROOT, 'test', 'proofs');

await main(async () => {
  const [name, ...args] = process.argv.slice(2);
  const names = proofs();
  if (name === undefined || !names.includes(name)) {
    const known =
      names.length === 0 ? 'There are no proofs yet.' : `Proofs:\n${names.map((one) => `  ${one}`).join('\n')}`;
    process.stdout.write(`usage: npm run prove -- NAME [ARGUMENTS]\n${known}\n`);
    return name === undefined ? 0 : 2;
  }
  await ensureBuilt();
  const { code } = await run(projectNode(), [join(FOLDER, `${name}.mjs`), ...args]);
  return code;
});

function proofs() {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => file.slice(0, -'.mjs'.length))
    .sort();
}
