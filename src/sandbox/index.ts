export { spawnLimited, watchMemory, type ProcessLimits } from './limited-process.js';
