import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { SigningSecret } from './signing-secret.js';
import { storageConfig } from './storage.config.js';

/** The secret alone, for what signs and stores nothing. */
@Module({
  imports: [ConfigModule.forFeature(storageConfig)],
  providers: [SigningSecret],
  exports: [SigningSecret],
})
export class SigningSecretModule {}
