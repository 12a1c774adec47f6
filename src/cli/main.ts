import { assertRuntime } from '../runtime.js';

// As in the service's own main: before anything that an old Node.js cannot load.
assertRuntime(process.versions.node);
const { runCommand } = await import('./program.js');
const code = await runCommand(process.argv.slice(2));
// Connections that are kept alive for the next request would keep the process too.
process.exit(code);
