import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { Idempotency } from './idempotency.js';
import { IdempotencyKey } from './idempotency-key.entity.js';

@Module({
  imports: [MikroOrmModule.forFeature([IdempotencyKey])],
  providers: [Idempotency],
  exports: [Idempotency],
})
export class IdempotencyModule {}
