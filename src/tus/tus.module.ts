import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { DirectUploadsModule, directUploadsConfig } from '../direct-uploads/index.js';
import { FilesModule } from '../files/index.js';
import { intakeConfig, IntakeModule } from '../intake/index.js';
import { StorageModule } from '../storage/index.js';
import { FileBeginnings } from './file-beginnings.js';
import { NodeSession } from './node-session.js';
import { RelayFinisher } from './relay-finisher.js';
import { RelayReceiver } from './relay-receiver.js';
import { RelayRecords } from './relay-records.js';
import { RelayRescue } from './relay-rescue.js';
import { RelayStore } from './relay-store.js';
import { TusEndings } from './tus-endings.js';
import { TusProtocol } from './tus-protocol.js';
import { TusReaper } from './tus-reaper.js';
import { TusUploads } from './tus-uploads.js';
import { TusController } from './tus.controller.js';
import { UploadLeases } from './upload-leases.js';

/** Resumable uploads over tus 1.0, straight into the store. */
@Module({
  imports: [
    ConfigModule.forFeature(directUploadsConfig),
    ConfigModule.forFeature(intakeConfig),
    DirectUploadsModule,
    FilesModule,
    IntakeModule,
    StorageModule,
  ],
  controllers: [TusController],
  providers: [
    NodeSession,
    UploadLeases,
    RelayRecords,
    RelayStore,
    FileBeginnings,
    RelayRescue,
    RelayFinisher,
    RelayReceiver,
    TusUploads,
    TusProtocol,
    TusEndings,
    TusReaper,
  ],
  exports: [TusReaper],
})
export class TusModule {}
