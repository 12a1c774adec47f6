import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AppModule } from './app.module.js';
import { VERSIONING } from './app.setup.js';
import { DatabaseServer } from './database/index.js';
import { Attachment } from './embedded-postgres/index.js';
import { openApiDocument } from './openapi.js';

/**
 * The OpenAPI document of the service as it is built and configured, without running it: no provider is made, so it needs
 * neither database nor store, and listens nowhere.
 */
export async function describeApi(publicUrl: string): Promise<OpenAPIObject> {
  const database = await DatabaseServer.start({
    // Named, never connected to: a server of one's own would be started here.
    url: 'postgres://127.0.0.1/none',
    directUrl: undefined,
    dataDir: '',
    attachAs: Attachment.Tool,
    logger: new Logger(DatabaseServer.name),
  });
  const app = await NestFactory.create(AppModule.forRoot(database), {
    preview: true,
    abortOnError: false,
    logger: ['error'],
  });
  app.enableVersioning(VERSIONING);
  return openApiDocument(app, publicUrl);
}
