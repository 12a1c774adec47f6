import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import type { AppConfig } from './config/index.js';

/** Query parameters whose values are secrets: signatures and tokens, of S3, CloudFront, our own links, and of whom they name. */
const SECRET_PARAMETER =
  /^(?:x-amz-(?:signature|credential|security-token)|signature|policy|key-pair-id|token|key|api[-_]?key|access[-_]?token|secret|password)(?:\[.*)?$/i;
/** A key of ours, wherever it was put by mistake. */
const API_KEY = /cs_[A-Za-z0-9_-]{20,}/g;
/** Whatever stands where upload tokens do, written as it may be. */
const TOKEN_IN_PATH = /(\/s3\/t\/)[^/?#]+/gi;
const MAX_CAUSES = 5;
const START_UP_CONTEXTS: ReadonlySet<string> = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/** Structured request logs: one line a request, with its id, without secrets. */
export function loggerParams(app: AppConfig): Params {
  return {
    pinoHttp: {
      level: app.logLevel,
      genReqId: (request) => request.id,
      autoLogging: { ignore: (request) => request.url?.startsWith('/health/') === true },
      hooks: {
        logMethod(args, method) {
          const [first] = args as [unknown];
          if (!isStartUpChatter(first)) method.apply(this, args);
        },
      },
      customAttributeKeys: { responseTime: 'durationMs' },
      customLogLevel: (_, response, error) => levelOf(response, error),
      // Ours get the things themselves, not what the standard ones made of them: of an error nothing would be left.
      wrapSerializers: false,
      serializers: {
        req: (request: IncomingMessage & { originalUrl?: string }) => ({
          id: request.id,
          method: request.method,
          url: withoutSecrets(request.originalUrl ?? request.url ?? ''),
          remoteAddress: request.socket.remoteAddress,
        }),
        res: (response: ServerResponse) => ({ statusCode: response.statusCode }),
        err: plainError,
      },
    },
  };
}

/** Nest names every module and route at each start; the routes are in the OpenAPI document. */
function isStartUpChatter(entry: unknown): boolean {
  if (typeof entry !== 'object' || entry === null || !('context' in entry)) return false;
  return typeof entry.context === 'string' && START_UP_CONTEXTS.has(entry.context);
}

/** The path and query with the values of secret parameters taken out. */
export function withoutSecrets(url: string): string {
  const clean = url.replace(TOKEN_IN_PATH, '$1***').replace(API_KEY, 'cs_***');
  const question = clean.indexOf('?');
  if (question < 0) return clean;
  const parameters = clean
    .slice(question + 1)
    .split('&')
    .map((pair) => {
      const [name = ''] = pair.split('=', 1);
      return SECRET_PARAMETER.test(safeDecode(name)) ? `${name}=***` : pair;
    });
  return `${clean.slice(0, question)}?${parameters.join('&')}`;
}

function levelOf(response: ServerResponse, error: Error | undefined): 'error' | 'warn' | 'info' {
  if (response.statusCode === 500) return 'error';
  return error !== undefined || response.statusCode >= 400 ? 'warn' : 'info';
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What an error says, and no more: drivers hang clients with their credentials on theirs. */
function plainError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : undefined;
  return {
    type: error.name,
    message: error.message,
    ...('code' in error && { code: error.code }),
    stack: error.stack,
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: plainError(error.cause, depth + 1) }),
  };
}
