import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { AuditModule } from '../audit/index.js';
import { FilesModule } from '../files/index.js';
import { IdempotencyModule } from '../idempotency/index.js';
import { StorageModule } from '../storage/index.js';
import { UsageModule } from '../usage/index.js';
import { DirectIntake } from './direct-intake.js';
import { FileConfirmations } from './file-confirmations.js';
import { FileIntake } from './file-intake.js';
import { FileReservations } from './file-reservations.js';
import { intakeConfig } from './intake.config.js';
import { ObjectExamination } from './object-examination.js';
import { PendingFiles } from './pending-files.js';
import { UsedKey } from './used-key.entity.js';

/** The way in: how bytes become a file. */
@Module({
  imports: [
    ConfigModule.forFeature(intakeConfig),
    MikroOrmModule.forFeature([UsedKey]),
    FilesModule,
    StorageModule,
    AuditModule,
    IdempotencyModule,
    UsageModule,
  ],
  providers: [PendingFiles, FileReservations, FileConfirmations, FileIntake, ObjectExamination, DirectIntake],
  exports: [FileIntake, DirectIntake],
})
export class IntakeModule {}
