import { Module } from '@nestjs/common';
import { AvailabilityModule } from '../availability/index.js';
import { CloudFrontModule } from '../cloudfront/index.js';
import { DirectUploadsModule } from '../direct-uploads/index.js';
import { FilesModule } from '../files/index.js';
import { IntakeModule } from '../intake/index.js';
import { LinksModule } from '../links/index.js';
import { ListingModule } from '../listing/index.js';
import { ProcessingModule } from '../processing/index.js';
import { StorageModule } from '../storage/index.js';
import { TrashModule } from '../trash/index.js';
import { UploadsModule } from '../uploads/index.js';
import { SessionCookiesController } from './session-cookies.controller.js';
import { SessionCookies } from './session-cookies.js';
import { ManualUploadsController } from './manual-uploads.controller.js';
import { NamedFiles } from './named-files.js';
import { SessionArchive } from './session-archive.js';
import { SessionArchiveController } from './session-archive.controller.js';
import { SessionAssetsController } from './session-assets.controller.js';
import { SessionClipsController } from './session-clips.controller.js';
import { SessionContent } from './session-content.js';
import { SessionFiles } from './session-files.js';
import { SESSION_KINDS } from './session-kinds.js';
import { SessionResults } from './session-results.js';
import { SessionResultsController } from './session-results.controller.js';
import { SessionTranscripts } from './session-transcripts.js';
import { SessionTranscriptsController } from './session-transcripts.controller.js';
import { SessionTargets } from './session-targets.js';
import { SessionUploads } from './session-uploads.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';

/** What belongs to a session: originals, the results and transcripts made of them, assets; and files outside any session. */
@Module({
  imports: [
    StorageModule.forFeature(SESSION_KINDS),
    FilesModule,
    IntakeModule,
    ListingModule,
    AvailabilityModule,
    LinksModule,
    TrashModule,
    UploadsModule,
    DirectUploadsModule,
    ProcessingModule,
    CloudFrontModule,
  ],
  controllers: [
    SessionsController,
    SessionResultsController,
    SessionTranscriptsController,
    SessionAssetsController,
    SessionClipsController,
    SessionArchiveController,
    SessionCookiesController,
    ManualUploadsController,
  ],
  providers: [
    SessionTargets,
    SessionUploads,
    NamedFiles,
    SessionResults,
    SessionTranscripts,
    SessionContent,
    SessionFiles,
    SessionArchive,
    SessionCookies,
    SessionsService,
  ],
})
export class SessionsModule {}
