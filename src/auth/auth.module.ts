import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_GUARD } from '@nestjs/core';
import { SigningSecretModule } from '../storage/index.js';
import { ApiKeysModule } from './api-keys.module.js';
import { authConfig } from './auth.config.js';
import { AuthGuard } from './auth.guard.js';
import { BootstrapKey } from './bootstrap-key.js';
import { UploadTokens } from './upload-tokens.js';

/** Who asks, and whether they may. Guards every route of the application, and sees to its first key. */
@Module({
  imports: [ConfigModule.forFeature(authConfig), ApiKeysModule, SigningSecretModule],
  providers: [BootstrapKey, UploadTokens, { provide: APP_GUARD, useClass: AuthGuard }],
  exports: [ApiKeysModule, BootstrapKey, UploadTokens],
})
export class AuthModule {}
