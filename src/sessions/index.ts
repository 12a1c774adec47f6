export { SessionIdParam } from './dto/session.params.js';
export { SessionsModule } from './sessions.module.js';
export { sessionOriginal, sessionResult } from './session-kinds.js';
