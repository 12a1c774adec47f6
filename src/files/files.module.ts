import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/index.js';
import { IdempotencyModule } from '../idempotency/index.js';
import { StorageModule } from '../storage/index.js';
import { FileConfirmations } from './file-confirmations.js';
import { FileHooks } from './file-hooks.js';
import { FileIntake } from './file-intake.js';
import { FilePurger } from './file-purger.js';
import { FileReservations } from './file-reservations.js';
import { FileSweeper } from './file-sweeper.js';
import { FileUpkeep } from './file-upkeep.js';
import { filesConfig } from './files.config.js';
import { FilesController } from './files.controller.js';
import { FilesService } from './files.service.js';
import { KindsController } from './kinds.controller.js';
import { LinkLedger } from './link-ledger.js';
import { LinksService } from './links.service.js';
import { PlaceReader } from './place-reader.js';
import { Place } from './place.entity.js';
import { Places } from './places.js';
import { StoredFile } from './stored-file.entity.js';
import { UsedKey } from './used-key.entity.js';

/** Files and places: their records, their way in and out, links. */
@Module({
  imports: [
    ConfigModule.forFeature(filesConfig),
    MikroOrmModule.forFeature([StoredFile, Place, UsedKey]),
    DiscoveryModule,
    StorageModule,
    AuditModule,
    IdempotencyModule,
  ],
  controllers: [FilesController, KindsController],
  providers: [
    FileHooks,
    Places,
    PlaceReader,
    FilePurger,
    FileReservations,
    FileConfirmations,
    FileIntake,
    FilesService,
    LinksService,
    LinkLedger,
    FileSweeper,
    FileUpkeep,
  ],
  exports: [FileIntake, FilesService, LinksService, FileSweeper, PlaceReader],
})
export class FilesModule {}
