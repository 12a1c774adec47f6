import { Module } from '@nestjs/common';
import { TokenChecksModule } from '../auth/index.js';
import { DirectUploadsModule } from '../direct-uploads/index.js';
import { TokenIssuing } from './token-issuing.js';
import { UploadTokensController } from './upload-tokens.controller.js';

/** Tokens that let browsers upload, and do nothing else. */
@Module({
  imports: [TokenChecksModule, DirectUploadsModule],
  controllers: [UploadTokensController],
  providers: [TokenIssuing],
})
export class UploadTokensModule {}
