import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { VersioningType, type VersioningOptions } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { Logger } from 'nestjs-pino';
import { uploadTokenPath } from './auth/index.js';
import { appConfig, type AppConfig } from './config/index.js';
import { requestId } from './http/index.js';
import { contentSecurityPolicy } from './content-security-policy.js';
import { setUpOpenApi } from './openapi.js';

/** A connection on which nothing moves for this long is closed; a slow one moves. */
const IDLE_SOCKET_MS = 120_000;

/** Everything is below /v1, but for what says otherwise. */
export const VERSIONING: VersioningOptions = { type: VersioningType.URI, defaultVersion: '1' };

/** Everything the HTTP side of the application needs besides its modules; the same for main and for tests. */
export function setUp(app: NestExpressApplication): void {
  const config = app.get<AppConfig>(appConfig.KEY);
  app.useLogger(app.get(Logger));
  app.use(requestId);
  app.use(uploadTokenPath);
  app.enableVersioning(VERSIONING);
  app.use(helmet({ contentSecurityPolicy: false, crossOriginResourcePolicy: { policy: 'cross-origin' } }));
  app.use(contentSecurityPolicy);
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  if (config.trustProxy !== undefined) app.set('trust proxy', config.trustProxy);
  if (config.corsOrigins.length > 0)
    app.enableCors({
      origin: config.corsOrigins,
      exposedHeaders: [
        'ETag',
        'Location',
        'X-Request-Id',
        'Retry-After',
        'Content-Disposition',
        'Content-Range',
        'Accept-Ranges',
      ],
      // For the cookies that POST /v1/sessions/:id/cookies sets. No request of ours is let in by a cookie.
      credentials: true,
    });
  setUpOpenApi(app, config);
  setUpServer(app.getHttpServer());
}

function setUpServer(server: Server): void {
  // A large upload over a slow link takes as long as it takes; what stands still is closed by the idle timeout.
  server.requestTimeout = 0;
  server.timeout = IDLE_SOCKET_MS;
  // A client that asks first is told to go on when somebody begins to read, and not before its request was refused.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    server.emit('request', request, response);
  });
}
