/** `npm run prove -- NAME`: shows one promise of the service at full size. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './support/build.mjs';
import { main, projectNode, ROOT } from './support/project.mjs';
import { run } from './support/run.mjs';

const FOLDER = join(ROOT, 'test', 'proofs');

await main(async () => {
  const [name, ...args] = process.argv.slice(2);
  const known = proofs();
  const file = known.get(name ?? '');
  if (file === undefined) {
    const names = [...known.keys()].map((one) => `  ${one}\n`).join('');
    process.stdout.write(`usage: npm run prove -- NAME [ARGUMENTS]\nProofs:\n${names}`);
    return name === undefined ? 0 : 2;
  }
  await ensureBuilt();
  const loader = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const { code } = await run(projectNode(), [...loader, join(FOLDER, file), ...args]);
  return code;
});

/** Name to file. */
function proofs() {
  const files = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
  const entries = files.filter((file) => /\.(mjs|ts)$/.test(file)).map((file) => [file.replace(/\.\w+$/, ''), file]);
  return new Map(/** @type {[string, string][]} */ (entries.sort()));
}
