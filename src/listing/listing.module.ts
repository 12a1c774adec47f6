import { Module } from '@nestjs/common';
import { FilesModule } from '../files/index.js';
import { FileListing } from './file-listing.js';
import { ListingController } from './listing.controller.js';

/** Lists of files. */
@Module({
  imports: [FilesModule],
  controllers: [ListingController],
  providers: [FileListing],
  exports: [FileListing],
})
export class ListingModule {}
