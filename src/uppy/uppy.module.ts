import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { directUploadsConfig, DirectUploadsModule } from '../direct-uploads/index.js';
import { SigningSecretModule, StorageModule } from '../storage/index.js';
import { CompanionController } from './companion.controller.js';
import { Companion } from './companion.js';
import { ControlPermissions } from './control-permissions.js';
import { ControlRequests } from './control-requests.js';
import { ControlController } from './control.controller.js';
import { RequestSigning } from './request-signing.js';
import { SignController } from './sign.controller.js';
import { UppyFiles } from './uppy-files.js';
import { UppyTerms } from './uppy-terms.js';
import { UppyUploads } from './uppy-uploads.js';

/** Uploads as Uppy speaks: `endpoint` and `companionEndpoint`, and `signRequest`. */
@Module({
  imports: [ConfigModule.forFeature(directUploadsConfig), DirectUploadsModule, StorageModule, SigningSecretModule],
  controllers: [CompanionController, SignController, ControlController],
  providers: [UppyFiles, UppyTerms, UppyUploads, Companion, RequestSigning, ControlPermissions, ControlRequests],
})
export class UppyModule {}
