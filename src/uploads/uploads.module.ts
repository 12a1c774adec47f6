import { Module } from '@nestjs/common';
import { IntakeModule } from '../intake/index.js';
import { LinksModule } from '../links/index.js';
import { MetricsModule } from '../metrics/index.js';
import { StorageModule } from '../storage/index.js';
import { FormUploads } from './form-uploads.js';
import { RawUploads } from './raw-uploads.js';
import { StoredAnswers } from './stored-answers.js';
import { temporary } from './temporary-kinds.js';
import { UploadOutcomes } from './upload-outcomes.js';

/** The ways in which clients send bytes. */
@Module({
  imports: [IntakeModule, LinksModule, StorageModule.forFeature([temporary]), MetricsModule],
  providers: [UploadOutcomes, FormUploads, RawUploads, StoredAnswers],
  exports: [FormUploads, RawUploads, StoredAnswers],
})
export class UploadsModule {}
