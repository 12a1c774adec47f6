export { FileSweeper, type SweepReport } from './file-sweeper.js';
export { SessionTrash, type SessionRestored, type SessionTrashed } from './session-trash.js';
export { TrashModule } from './trash.module.js';
