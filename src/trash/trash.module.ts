import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { AuditModule } from '../audit/index.js';
import { AvailabilityModule } from '../availability/index.js';
import { FilesModule } from '../files/index.js';
import { IdempotencyModule } from '../idempotency/index.js';
import { UsageModule } from '../usage/index.js';
import { FileSweeper } from './file-sweeper.js';
import { FileTrash } from './file-trash.js';
import { FileUpkeep } from './file-upkeep.js';
import { SessionTrash } from './session-trash.js';
import { trashConfig } from './trash.config.js';
import { TrashController } from './trash.controller.js';

/** Batches and whole sessions in the trash, and the sweeper, which gives every file its way out. */
@Module({
  imports: [
    ConfigModule.forFeature(trashConfig),
    FilesModule,
    AvailabilityModule,
    AuditModule,
    IdempotencyModule,
    UsageModule,
  ],
  controllers: [TrashController],
  providers: [FileTrash, SessionTrash, FileSweeper, FileUpkeep],
  exports: [SessionTrash, FileSweeper],
})
export class TrashModule {}
