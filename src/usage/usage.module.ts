import { Module } from '@nestjs/common';
import { UsageController } from './usage.controller.js';
import { UsageFold } from './usage-fold.js';
import { UsageService } from './usage.service.js';

/** How much an owner or a session has. The rows behind it are written by triggers; see docs/adr/0016. */
@Module({
  controllers: [UsageController],
  providers: [UsageService, UsageFold],
  exports: [UsageService, UsageFold],
})
export class UsageModule {}
