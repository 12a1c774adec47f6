export { SessionsModule } from './sessions.module.js';
export { manualUpload, sessionClip, sessionOriginal, sessionResult, sessionTranscript } from './session-kinds.js';
