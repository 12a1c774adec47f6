import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { FilesModule } from '../files/index.js';
import { IntakeModule } from '../intake/index.js';
import { MetricsModule } from '../metrics/index.js';
import { StorageModule } from '../storage/index.js';
import { ProcessedFile } from './processed-file.entity.js';
import { ProcessingDispatch } from './processing-dispatch.js';
import { ProcessingQueue } from './processing-queue.js';
import { ProcessingRecords } from './processing-records.js';
import { ProcessingRunner } from './processing-runner.js';
import { ProcessingWorker } from './processing-worker.js';
import { ProcessingController } from './processing.controller.js';
import { ProcessingService } from './processing.service.js';
import { ResultNames } from './result-names.js';
import { StepRegistry } from './step-registry.js';
import { StepRun } from './step-run.entity.js';

/** Background work on files: the queue, the runs, and the contract of steps. Knows no concrete step. */
@Module({
  imports: [
    MikroOrmModule.forFeature([ProcessedFile, StepRun]),
    DiscoveryModule,
    FilesModule,
    IntakeModule,
    StorageModule,
    MetricsModule,
  ],
  controllers: [ProcessingController],
  providers: [
    StepRegistry,
    ProcessingQueue,
    ProcessingRecords,
    ProcessingRunner,
    ProcessingDispatch,
    ProcessingWorker,
    ProcessingService,
    ResultNames,
  ],
  exports: [ProcessingQueue, ResultNames],
})
export class ProcessingModule {}
