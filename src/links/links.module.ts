import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.js';
import { AvailabilityModule } from '../availability/index.js';
import { CloudFrontModule } from '../cloudfront/index.js';
import { FilesModule } from '../files/index.js';
import { IdempotencyModule } from '../idempotency/index.js';
import { StorageModule } from '../storage/index.js';
import { FileContentController } from './file-content.controller.js';
import { FileContent } from './file-content.js';
import { LinkLedger } from './link-ledger.js';
import { LinkSigner } from './link-signer.js';
import { LinksController } from './links.controller.js';
import { LinksService } from './links.service.js';

/** The way out: expiring links with their ledger, and the content of files. */
@Module({
  imports: [FilesModule, AvailabilityModule, StorageModule, CloudFrontModule, AuditModule, IdempotencyModule],
  controllers: [LinksController, FileContentController],
  providers: [FileContent, LinksService, LinkSigner, LinkLedger],
  exports: [FileContent, LinksService, LinkLedger],
})
export class LinksModule {}
