import { assertRuntime } from './runtime.js';

// Before anything else is loaded: the libraries behind this line fail on an old Node.js with messages that help nobody.
assertRuntime(process.versions.node);
const { serve } = await import('./serve.js');
await serve();
