/** `npm run build`: builds into dist/, whatever is there. */
import { build } from './support/build.mjs';
import { main } from './support/project.mjs';

await main(() => build({ always: true }));
