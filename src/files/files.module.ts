import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/index.js';
import { StorageModule } from '../storage/index.js';
import { FileEditsController } from './file-edits.controller.js';
import { FileEdits } from './file-edits.js';
import { FileReceiptsController } from './file-receipts.controller.js';
import { FileHooks } from './file-hooks.js';
import { FilePurger } from './file-purger.js';
import { FilesController } from './files.controller.js';
import { FilesService } from './files.service.js';
import { KindsController } from './kinds.controller.js';
import { PlaceNames } from './place-names.js';
import { PlaceReader } from './place-reader.js';
import { Place } from './place.entity.js';
import { Places } from './places.js';
import { StoredFile } from './stored-file.entity.js';

/** Files and places: their records, and the hooks of what happens to them. */
@Module({
  imports: [MikroOrmModule.forFeature([StoredFile, Place]), DiscoveryModule, StorageModule, AuditModule],
  controllers: [FilesController, FileEditsController, FileReceiptsController, KindsController],
  providers: [FileHooks, Places, PlaceNames, PlaceReader, FilePurger, FilesService, FileEdits],
  exports: [FileHooks, Places, PlaceNames, PlaceReader, FilePurger, FilesService],
})
export class FilesModule {}
