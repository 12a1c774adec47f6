import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { MetricsModule } from '../metrics/index.js';
import { ProcessingModule } from '../processing/index.js';
import { StorageModule, StoreSetupModule } from '../storage/index.js';
import { backup, log } from './operations-kinds.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';
import { MetricsController } from './metrics.controller.js';

/** What operators look at. */
@Module({
  imports: [
    TerminusModule.forRoot({ logger: false }),
    MetricsModule,
    StorageModule.forFeature([backup, log]),
    ProcessingModule,
    StoreSetupModule,
  ],
  controllers: [HealthController, MetricsController],
  providers: [Readiness],
})
export class OperationsModule {}
