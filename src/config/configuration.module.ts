import { Global, Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { appConfig, type AppConfig, type Role } from './app.config.js';
import { Clock, Ids } from './clock.js';
import { Lifetime } from './lifetime.js';

/** The typed environment, the clock and new identifiers, for every module. */
@Global()
@Module({
  imports: [ConfigModule.forRoot({ ignoreEnvFile: true }), ConfigModule.forFeature(appConfig)],
  providers: [Clock, Ids, Lifetime],
  exports: [ConfigModule, Clock, Ids, Lifetime],
})
export class ConfigurationModule {
  /** For a process that has this role whatever ROLE says. */
  static asRole(role: Role): DynamicModule {
    return {
      module: ConfigurationModule,
      // Found before the one of ConfigModule, which is a module further away.
      providers: [{ provide: appConfig.KEY, useFactory: (): AppConfig => ({ ...appConfig(), role }) }],
      exports: [appConfig.KEY],
    };
  }
}
