/** `npm run lint`: all checks that need no run of the service. Each runs even when another fails. */
import { main, packageFile, projectNode } from './support/project.mjs';
import { run } from './support/run.mjs';

const AT_ONCE = 2;

/** @type {readonly { name: string, args: readonly string[] }[]} */
const CHECKS = [
  { name: 'eslint', args: [packageFile('eslint/bin/eslint.js'), '--max-warnings=0', '.'] },
  { name: 'tsc', args: [packageFile('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'prettier', args: [packageFile('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'] },
  {
    name: 'dependency-cruiser',
    args: [
      packageFile('dependency-cruiser/bin/dependency-cruiser.mjs'),
      ...['--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'src', 'test', 'examples'],
    ],
  },
  { name: 'openapi', args: ['scripts/openapi.mjs', '--check'] },
];

await main(async () => {
  const waiting = [...CHECKS];
  /** @type {string[]} */
  const failed = [];
  const work = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      if (!(await passes(check))) failed.push(check.name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  process.stdout.write(failed.length === 0 ? 'All checks passed.\n' : `Failed: ${failed.join(', ')}\n`);
  return failed.length === 0 ? 0 : 1;
});

/** @param {{ name: string, args: readonly string[] }} check */
async function passes({ name, args }) {
  const startedAt = performance.now();
  const { code, output } = await run(projectNode(), args, { capture: true });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)\n`);
  if (code !== 0) process.stdout.write(`${output.trim()}\n\n`);
  return code === 0;
}
