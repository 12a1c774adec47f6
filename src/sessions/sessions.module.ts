import { Module } from '@nestjs/common';
import { CloudFrontModule } from '../cloudfront/index.js';
import { FilesModule } from '../files/index.js';
import { StorageModule } from '../storage/index.js';
import { UploadsModule } from '../uploads/index.js';
import { sessionOriginal, sessionResult } from './session-kinds.js';
import { SessionCookiesController } from './session-cookies.controller.js';
import { SessionCookies } from './session-cookies.js';
import { SessionUploads } from './session-uploads.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';

/** What belongs to a session: originals, and the results made from them. */
@Module({
  imports: [StorageModule.forFeature([sessionOriginal, sessionResult]), FilesModule, UploadsModule, CloudFrontModule],
  controllers: [SessionsController, SessionCookiesController],
  providers: [SessionUploads, SessionCookies, SessionsService],
})
export class SessionsModule {}
