export { TusModule } from './tus.module.js';
export { TusReaper } from './tus-reaper.js';
