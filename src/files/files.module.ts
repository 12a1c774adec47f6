import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/index.js';
import { CloudFrontModule } from '../cloudfront/index.js';
import { IdempotencyModule } from '../idempotency/index.js';
import { StorageModule } from '../storage/index.js';
import { UsageModule } from '../usage/index.js';
import { FileAvailability } from './file-availability.js';
import { FileConfirmations } from './file-confirmations.js';
import { FileContentController } from './file-content.controller.js';
import { FileContent } from './file-content.js';
import { FileEditsController } from './file-edits.controller.js';
import { FileEdits } from './file-edits.js';
import { FileHooks } from './file-hooks.js';
import { FileIntake } from './file-intake.js';
import { FilePurger } from './file-purger.js';
import { FileReservations } from './file-reservations.js';
import { FileSweeper } from './file-sweeper.js';
import { FileThaws } from './file-thaws.js';
import { FileTrash } from './file-trash.js';
import { FileUpkeep } from './file-upkeep.js';
import { filesConfig } from './files.config.js';
import { FilesController } from './files.controller.js';
import { FilesService } from './files.service.js';
import { KindsController } from './kinds.controller.js';
import { LinkLedger } from './link-ledger.js';
import { LinkSigner } from './link-signer.js';
import { LinksController } from './links.controller.js';
import { LinksService } from './links.service.js';
import { PlaceReader } from './place-reader.js';
import { Place } from './place.entity.js';
import { PlaceNames } from './place-names.js';
import { Places } from './places.js';
import { SessionTrash } from './session-trash.js';
import { StoredFile } from './stored-file.entity.js';
import { TrashController } from './trash.controller.js';
import { UsedKey } from './used-key.entity.js';

/** Files and places: their records, their way in and out, links. */
@Module({
  imports: [
    ConfigModule.forFeature(filesConfig),
    MikroOrmModule.forFeature([StoredFile, Place, UsedKey]),
    DiscoveryModule,
    StorageModule,
    CloudFrontModule,
    AuditModule,
    IdempotencyModule,
    UsageModule,
  ],
  controllers: [
    FilesController,
    LinksController,
    FileContentController,
    FileEditsController,
    TrashController,
    KindsController,
  ],
  providers: [
    FileHooks,
    Places,
    PlaceNames,
    PlaceReader,
    FilePurger,
    FileReservations,
    FileConfirmations,
    FileIntake,
    FilesService,
    FileAvailability,
    FileContent,
    FileEdits,
    FileThaws,
    FileTrash,
    SessionTrash,
    LinksService,
    LinkSigner,
    LinkLedger,
    FileSweeper,
    FileUpkeep,
  ],
  exports: [
    FileIntake,
    FilesService,
    PlaceNames,
    PlaceReader,
    SessionTrash,
    LinksService,
    LinkLedger,
    FileSweeper,
    FileAvailability,
    FileContent,
  ],
})
export class FilesModule {}
