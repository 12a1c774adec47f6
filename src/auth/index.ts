export { ApiKeys } from './api-keys.js';
export { ApiKeysModule } from './api-keys.module.js';
export { AcceptUploadTokens, CurrentActor, REQUIRED_SCOPES, RequireScopes, UPLOAD_TOKENS } from './auth.decorators.js';
export { AuthModule } from './auth.module.js';
export { BootstrapKey, type BootstrapNotice } from './bootstrap-key.js';
export {
  ALL_SCOPES,
  assertScopes,
  Scope,
  systemActor,
  type Actor,
  type Principal,
  type UploadPins,
} from './principal.js';
export { UPLOAD_TOKEN_PATH, uploadTokenPath } from './upload-token-path.js';
export { TokenChecksModule } from './token-checks.module.js';
export { UploadTokens } from './upload-tokens.js';
