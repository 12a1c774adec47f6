export { TusModule } from './tus.module.js';
export { TusReaper, type TusReapReport } from './tus-reaper.js';
