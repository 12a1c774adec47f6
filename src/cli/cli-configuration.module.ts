import { Global, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { appConfig, Clock, Ids, Role, type AppConfig } from '../config/index.js';

/**
 * In place of ConfigurationModule, for a process that runs beside the service: whatever ROLE says, it takes no jobs and
 * does no periodic work.
 */
@Global()
@Module({
  imports: [ConfigModule.forRoot({ ignoreEnvFile: true })],
  providers: [
    { provide: appConfig.KEY, useFactory: (): AppConfig => ({ ...appConfig(), role: Role.Api }) },
    Clock,
    Ids,
  ],
  exports: [appConfig.KEY, ConfigModule, Clock, Ids],
})
export class CliConfigurationModule {}
