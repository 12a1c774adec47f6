import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.js';
import { FilesModule } from '../files/index.js';
import { StorageModule } from '../storage/index.js';
import { FileAvailability } from './file-availability.js';
import { FileThaws } from './file-thaws.js';

/** Which files may be given out, and whether the store can read them now. */
@Module({
  imports: [FilesModule, StorageModule, AuditModule],
  providers: [FileAvailability, FileThaws],
  exports: [FileAvailability, FileThaws],
})
export class AvailabilityModule {}
