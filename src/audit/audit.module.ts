import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { AuditEvent } from './audit-event.entity.js';
import { AuditLog } from './audit-log.js';

@Module({
  imports: [MikroOrmModule.forFeature([AuditEvent])],
  providers: [AuditLog],
  exports: [AuditLog],
})
export class AuditModule {}
