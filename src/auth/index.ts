export { ApiKeys } from './api-keys.js';
export { ApiKeysModule } from './api-keys.module.js';
export { CurrentActor, REQUIRED_SCOPES, RequireScopes } from './auth.decorators.js';
export { AuthModule } from './auth.module.js';
export { BootstrapKey, type BootstrapNotice } from './bootstrap-key.js';
export { ALL_SCOPES, assertScopes, Scope, systemActor, type Actor, type Principal } from './principal.js';
