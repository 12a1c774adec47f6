import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeysModule } from './api-keys.module.js';
import { authConfig } from './auth.config.js';
import { AuthGuard } from './auth.guard.js';
import { BootstrapKey } from './bootstrap-key.js';
import { TokenChecksModule } from './token-checks.module.js';

/** Who asks, and whether they may. Guards every route of the application, and sees to its first key. */
@Module({
  imports: [ConfigModule.forFeature(authConfig), ApiKeysModule, TokenChecksModule],
  providers: [BootstrapKey, { provide: APP_GUARD, useClass: AuthGuard }],
  exports: [ApiKeysModule, TokenChecksModule, BootstrapKey],
})
export class AuthModule {}
