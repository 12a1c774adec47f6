import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_GUARD } from '@nestjs/core';
import { ApiKey } from './api-key.entity.js';
import { ApiKeys } from './api-keys.js';
import { authConfig } from './auth.config.js';
import { AuthGuard } from './auth.guard.js';
import { BootstrapKey } from './bootstrap-key.js';

/** Who asks, and whether they may. Guards every route of the application. */
@Module({
  imports: [ConfigModule.forFeature(authConfig), MikroOrmModule.forFeature([ApiKey])],
  providers: [ApiKeys, BootstrapKey, { provide: APP_GUARD, useClass: AuthGuard }],
  exports: [ApiKeys, BootstrapKey],
})
export class AuthModule {}
