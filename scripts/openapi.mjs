/**
 * `npm run openapi`: writes docs/openapi.json and lints it. With `--check` it writes nothing, and fails when the file is not
 * what the sources say.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './support/build.mjs';
import { main, packageFile, PlainError, projectNode, ROOT } from './support/project.mjs';
import { run } from './support/run.mjs';

const FILE = join(ROOT, 'docs', 'openapi.json');
/** The document is the same wherever it is made. */
const SERVER_URL = 'http://127.0.0.1:3000';
/** No telemetry and no look for updates: this asks nothing of any network. */
const OFFLINE = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };

await main(async () => {
  await ensureBuilt();
  const document = `${JSON.stringify(await describe(), undefined, 2)}\n`;
  if (process.argv.includes('--check')) {
    if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== document) {
      throw new PlainError('docs/openapi.json is not what the sources say. Write it with: npm run openapi');
    }
  } else {
    writeFileSync(FILE, document);
  }
  const redocly = [packageFile('@redocly/cli/bin/cli.js'), 'lint', FILE];
  const { code } = await run(projectNode(), redocly, { env: { ...process.env, ...OFFLINE } });
  return code;
});

async function describe() {
  // The document tells of the defaults; what this shell or an .env file configures is another matter.
  const kept = new Set(['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG']);
  const env = { ...process.env };
  for (const name of Object.keys(process.env)) if (!kept.has(name)) delete process.env[name];
  try {
    const { describeApi } = await import('../dist/api-description.js');
    return await describeApi(SERVER_URL);
  } finally {
    Object.assign(process.env, env);
  }
}
