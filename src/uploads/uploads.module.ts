import { Module } from '@nestjs/common';
import { IntakeModule } from '../intake/index.js';
import { LinksModule } from '../links/index.js';
import { MetricsModule } from '../metrics/index.js';
import { StorageModule } from '../storage/index.js';
import { FormUploads } from './form-uploads.js';
import { StoredAnswers } from './stored-answers.js';
import { temporary } from './temporary-kinds.js';

/** The ways in which clients send bytes. */
@Module({
  imports: [IntakeModule, LinksModule, StorageModule.forFeature([temporary]), MetricsModule],
  providers: [FormUploads, StoredAnswers],
  exports: [FormUploads, StoredAnswers],
})
export class UploadsModule {}
