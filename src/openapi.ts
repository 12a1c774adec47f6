import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { INestApplication } from '@nestjs/common';
import type { AppConfig } from './config/index.js';

/** The description of every route, generated from controllers and DTOs. */
export function openApiDocument(app: INestApplication, publicUrl: string): OpenAPIObject {
  const description = new DocumentBuilder()
    .setTitle('Catalyst Storage')
    .setDescription(
      'Files in, an orderly bucket, recordings processed in the background, expiring links out. ' +
        'Every failed request is answered `{ statusCode, code, message, requestId, details? }`.',
    )
    .setVersion('0.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(publicUrl)
    .addTag('sessions', 'What belongs to a session: originals and the results made from them.')
    .addTag('documents', 'What belongs to a document: exports, the drafts of a charter and what was published of it.')
    .addTag('templates', 'Templates that documents are made from, with their revisions.')
    .addTag('files', 'Records of files, the trash, links.')
    .addTag('processing', 'How far the processing of a recording is.')
    .addTag(
      'uppy',
      'Uploads as Uppy sends them: `endpoint` is /v1, `companionEndpoint` is that of an upload token, `signRequest` asks /v1/s3/sign. All of it answers below /v1/s3/t/{token}, too, where the token stands for the header.',
    )
    .addTag('operations', 'Health and metrics.')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'API key',
      description: 'The API key, as `Authorization: Bearer <key>`.',
    })
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'The API key, in a header of its own.' },
      'apiKey',
    )
    .build();
  return SwaggerModule.createDocument(app, description, {
    // `Sessions_upload`: generated clients call it sessionsUpload, so a controller's or a method's name is a promise.
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
}

/** Swagger UI at /docs, the document at /docs-json. */
export function setUpOpenApi(app: INestApplication, { publicUrl }: AppConfig): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app, publicUrl), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
    customSiteTitle: 'Catalyst Storage',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, tryItOutEnabled: true },
  });
}
