import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { Quotas } from './quotas.js';
import { usageConfig } from './usage.config.js';
import { UsageController } from './usage.controller.js';
import { UsageFold } from './usage-fold.js';
import { UsageService } from './usage.service.js';

/** How much an owner or a session has, and how much may come. The rows behind it are written by triggers; see docs/adr/0016. */
@Module({
  imports: [ConfigModule.forFeature(usageConfig)],
  controllers: [UsageController],
  providers: [UsageService, UsageFold, Quotas],
  exports: [UsageService, UsageFold, Quotas],
})
export class UsageModule {}
