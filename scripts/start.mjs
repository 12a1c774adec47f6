/** `npm start`: builds when dist/ is missing or not of the sources as they are, then runs the service in this process. */
import { chdir } from 'node:process';
import { ensureBuilt } from './support/build.mjs';
import { main, ROOT } from './support/project.mjs';

chdir(ROOT);
await main(ensureBuilt);
// In this process, so that signals, the terminal and the exit code are the service's own.
if (process.exitCode === 0) await import('../dist/main.js');
