import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { ApiKey } from './api-key.entity.js';
import { ApiKeys } from './api-keys.js';

/** The keys alone: whoever only makes or revokes them guards nothing. */
@Module({
  imports: [MikroOrmModule.forFeature([ApiKey])],
  providers: [ApiKeys],
  exports: [ApiKeys],
})
export class ApiKeysModule {}
