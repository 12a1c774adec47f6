export { SessionIdParam } from './dto/session.params.js';
export { SessionsModule } from './sessions.module.js';
export { manualUpload, sessionClip, sessionOriginal, sessionResult, sessionTranscript } from './session-kinds.js';
