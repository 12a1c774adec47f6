export { SessionsModule } from './sessions.module.js';
export { sessionOriginal, sessionResult } from './session-kinds.js';
