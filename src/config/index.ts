export { appConfig, Environment, Role, type AppConfig } from './app.config.js';
export { ToBoolean, ToExtensions, ToList } from './env-transforms.js';
export { fromEnv, InvalidEnvironmentError } from './from-env.js';
