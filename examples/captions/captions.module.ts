import { Module } from '@nestjs/common';
import { DatabaseModule } from '../../src/database/index.js';
import { FilesModule } from '../../src/files/index.js';
import { ListingModule } from '../../src/listing/index.js';
import { StorageModule } from '../../src/storage/index.js';
import { UploadsModule } from '../../src/uploads/index.js';
import { captionDraft, captionSheet } from './caption-kinds.js';
import { CaptionRecords } from './caption-records.js';
import { CaptionSheetStep } from './caption-sheet.step.js';
import { CaptionUploads } from './caption-uploads.js';
import { Caption } from './caption.entity.js';
import { CaptionsController } from './captions.controller.js';
import { CaptionsService } from './captions.service.js';
import { Migration20261201090000_captions } from './Migration20261201090000_captions.js';

/** Captions of a session: drafts that people write, and a sheet to write them on, made of each recording. */
@Module({
  imports: [
    StorageModule.forFeature([captionDraft, captionSheet]),
    DatabaseModule.forFeature({ entities: [Caption], migrations: [Migration20261201090000_captions] }),
    FilesModule,
    ListingModule,
    UploadsModule,
  ],
  controllers: [CaptionsController],
  providers: [CaptionRecords, CaptionSheetStep, CaptionUploads, CaptionsService],
})
export class CaptionsModule {}
