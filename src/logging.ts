import type { ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import type { AppConfig } from './config/index.js';

/** Query parameters whose values are secrets: signatures and tokens, of S3, CloudFront and our own links. */
const SECRET_PARAMETER = /^(?:x-amz-(?:signature|credential|security-token)|signature|policy|key-pair-id|token|key)$/i;
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
      serializers: {
        req: (request: { id: string; method: string; url: string; remoteAddress?: string }) => ({
          id: request.id,
          method: request.method,
          url: withoutSecrets(request.url),
          remoteAddress: request.remoteAddress,
        }),
        res: (response: { statusCode: number }) => ({ statusCode: response.statusCode }),
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
  const question = url.indexOf('?');
  if (question < 0) return url;
  const parameters = url
    .slice(question + 1)
    .split('&')
    .map((pair) => {
      const [name = ''] = pair.split('=', 1);
      return SECRET_PARAMETER.test(safeDecode(name)) ? `${name}=***` : pair;
    });
  return `${url.slice(0, question)}?${parameters.join('&')}`;
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
