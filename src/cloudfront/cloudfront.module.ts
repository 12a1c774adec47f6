import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { CloudFront } from './cloudfront.js';
import { cloudfrontConfig } from './cloudfront.config.js';

/** Signed URLs and cookies of the distribution in front of the bucket. */
@Module({
  imports: [ConfigModule.forFeature(cloudfrontConfig)],
  providers: [CloudFront],
  exports: [CloudFront],
})
export class CloudFrontModule {}
