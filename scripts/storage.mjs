/** `npm run storage -- COMMAND`: the command line beside the service. */
import { chdir } from 'node:process';
import { ensureBuilt } from './support/build.mjs';
import { main, ROOT } from './support/project.mjs';

chdir(ROOT);
await main(ensureBuilt);
if (process.exitCode === 0) await import('../dist/cli/main.js');
