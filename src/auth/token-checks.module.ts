import { Module } from '@nestjs/common';
import { SigningSecretModule } from '../storage/index.js';
import { ApiKeysModule } from './api-keys.module.js';
import { UploadTokens } from './upload-tokens.js';

/** The upload tokens alone: whoever makes them guards nothing. */
@Module({
  imports: [ApiKeysModule, SigningSecretModule],
  providers: [UploadTokens],
  exports: [UploadTokens],
})
export class TokenChecksModule {}
