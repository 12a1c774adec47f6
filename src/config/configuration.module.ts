import { Global, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { appConfig } from './app.config.js';
import { Clock, Ids } from './clock.js';
import { Lifetime } from './lifetime.js';

/** The typed environment, the clock and new identifiers, for every module. */
@Global()
@Module({
  imports: [ConfigModule.forRoot({ ignoreEnvFile: true }), ConfigModule.forFeature(appConfig)],
  providers: [Clock, Ids, Lifetime],
  exports: [ConfigModule, Clock, Ids, Lifetime],
})
export class ConfigurationModule {}
