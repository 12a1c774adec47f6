import { Module } from '@nestjs/common';
import { FilesModule } from '../files/index.js';
import { IntakeModule } from '../intake/index.js';
import { LinksModule } from '../links/index.js';
import { MetricsModule } from '../metrics/index.js';
import { StorageModule } from '../storage/index.js';
import { UploadsModule } from '../uploads/index.js';
import { PictureContent } from './picture-content.js';
import { PictureContentController } from './picture-content.controller.js';
import { PICTURE_KINDS } from './picture-kinds.js';
import { PictureProcess } from './picture-process.js';
import { PictureStore } from './picture-store.js';
import { PictureUploads } from './picture-uploads.js';
import { PicturesController } from './pictures.controller.js';
import { PicturesService } from './pictures.service.js';

/** Avatars and logos, each with its thumbnail. */
@Module({
  imports: [
    StorageModule.forFeature(PICTURE_KINDS),
    FilesModule,
    IntakeModule,
    LinksModule,
    UploadsModule,
    MetricsModule,
  ],
  controllers: [PicturesController, PictureContentController],
  providers: [
    { provide: PictureProcess, useFactory: () => new PictureProcess() },
    PictureStore,
    PictureUploads,
    PicturesService,
    PictureContent,
  ],
})
export class PicturesModule {}
