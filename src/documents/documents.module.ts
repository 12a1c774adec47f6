import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.js';
import { DatabaseModule } from '../database/index.js';
import { DirectUploadsModule } from '../direct-uploads/index.js';
import { ListingModule } from '../listing/index.js';
import { StorageModule } from '../storage/index.js';
import { UploadsModule } from '../uploads/index.js';
import { CharterDraft } from './charter-draft.entity.js';
import { CharterDraftUploads } from './charter-draft-uploads.js';
import { CharterDraftsService } from './charter-drafts.service.js';
import { charterDraft, publishedCharter } from './charter-kinds.js';
import { CharterPublication } from './charter-publication.entity.js';
import { CharterPublicationsService } from './charter-publications.service.js';
import { CharterPublishing } from './charter-publishing.js';
import { ChartersController } from './charters.controller.js';
import { EXPORT_KINDS } from './export-kinds.js';
import { ExportTargets } from './export-targets.js';
import { ExportUploads } from './export-uploads.js';
import { ExportsController } from './exports.controller.js';
import { ExportsService } from './exports.service.js';
import { charterTemplate, exportTemplate } from './template-kinds.js';
import { TemplatesController } from './templates.controller.js';
import { TemplatesService } from './templates.service.js';
import { TemplateUploads } from './template-uploads.js';

/** What belongs to a document: exports, charters and what is published of them; and the templates of both. */
@Module({
  imports: [
    StorageModule.forFeature([...EXPORT_KINDS, charterDraft, publishedCharter, exportTemplate, charterTemplate]),
    DatabaseModule.forFeature({ entities: [CharterDraft, CharterPublication] }),
    ListingModule,
    UploadsModule,
    DirectUploadsModule,
    AuditModule,
  ],
  controllers: [ExportsController, ChartersController, TemplatesController],
  providers: [
    ExportUploads,
    ExportTargets,
    ExportsService,
    CharterDraftUploads,
    CharterDraftsService,
    CharterPublishing,
    CharterPublicationsService,
    TemplateUploads,
    TemplatesService,
  ],
})
export class DocumentsModule {}
