export { appConfig, Environment, Role, type AppConfig } from './app.config.js';
export { Clock, Ids } from './clock.js';
export { ConfigurationModule } from './configuration.module.js';
export { Lifetime } from './lifetime.js';
export { ToBoolean, ToExtensions, ToList } from './env-transforms.js';
export { fromEnv, InvalidEnvironmentError } from './from-env.js';
