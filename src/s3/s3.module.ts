import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { S3Clients } from './s3-clients.js';
import { s3Config, type S3Config } from './s3.config.js';

@Module({
  imports: [ConfigModule.forFeature(s3Config)],
  providers: [{ provide: S3Clients, inject: [s3Config.KEY], useFactory: (config: S3Config) => new S3Clients(config) }],
  exports: [S3Clients, ConfigModule],
})
export class S3Module {}
