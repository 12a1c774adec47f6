import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/index.js';
import { FilesModule } from '../files/index.js';
import { IdempotencyModule } from '../idempotency/index.js';
import { IntakeModule } from '../intake/index.js';
import { MetricsModule } from '../metrics/index.js';
import { StorageModule, StoreSetupModule } from '../storage/index.js';
import { directUploadsConfig } from './direct-uploads.config.js';
import { DirectUploadsController } from './direct-uploads.controller.js';
import { DirectUploads } from './direct-uploads.service.js';
import { RestUploads } from './rest-uploads.js';
import { UploadAssembly } from './upload-assembly.js';
import { UploadCompletion } from './upload-completion.js';
import { UploadDrafts } from './upload-drafts.js';
import { UploadLeftovers } from './upload-leftovers.js';
import { UploadOutcomes } from './upload-outcomes.js';
import { UploadProgress } from './upload-progress.js';
import { UploadReaper } from './upload-reaper.js';
import { UploadRecords } from './upload-records.js';
import { UploadSchedule } from './upload-schedule.js';
import { UploadSettlement } from './upload-settlement.js';
import { UploadTargets } from './upload-targets.js';
import { UploadUrls } from './upload-urls.js';
import { Upload } from './upload.entity.js';

/** Uploads whose bytes go straight to the store. Which kinds can be sent so, features say with `@UploadTarget`. */
@Module({
  imports: [
    ConfigModule.forFeature(directUploadsConfig),
    MikroOrmModule.forFeature([Upload]),
    DiscoveryModule,
    FilesModule,
    IntakeModule,
    StorageModule,
    StoreSetupModule,
    AuditModule,
    IdempotencyModule,
    MetricsModule,
  ],
  controllers: [DirectUploadsController],
  providers: [
    UploadTargets,
    UploadDrafts,
    UploadSettlement,
    UploadUrls,
    UploadCompletion,
    UploadLeftovers,
    UploadSchedule,
    UploadProgress,
    UploadAssembly,
    UploadOutcomes,
    UploadRecords,
    UploadReaper,
    DirectUploads,
    RestUploads,
  ],
  exports: [DirectUploads, UploadUrls, UploadCompletion, UploadSettlement, UploadReaper, UploadTargets],
})
export class DirectUploadsModule {}
