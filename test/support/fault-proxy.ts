import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a request in place of being passed on. */
export type FaultEffect =
  /** Answers without asking the store, as S3 writes errors. */
  | { readonly kind: 'status'; readonly status: number; readonly code?: string; readonly message?: string }
  /** The store's own answer, with these headers in place of or beside its own. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }
  /** Resets the connection before a byte of the answer. */
  | { readonly kind: 'reset' }
  /** Takes the request and says nothing, for ever. */
  | { readonly kind: 'hang' }
  /** Passes on after a while. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The store does the work, and the connection is reset before its answer arrives. */
  | { readonly kind: 'lose-answer' }
  /** Passes so many bytes of the request's body on, then resets both sides. */
  | { readonly kind: 'cut-request'; readonly afterBytes: number }
  /** Passes so many bytes of the answer's body on, then resets. */
  | { readonly kind: 'cut-answer'; readonly afterBytes: number }
  /** Passes so many bytes of the answer's body on, then says nothing more. */
  | { readonly kind: 'stall-answer'; readonly afterBytes: number };

export interface Fault {
  /** Which requests; all of what is given has to match. */
  readonly when?: {
    readonly method?: string;
    /** S3's name of the operation, as `operationOf` reads it. */
    readonly operation?: string;
    readonly path?: RegExp;
    readonly query?: RegExp;
  };
  /** Lets so many matching requests pass first; default 0. */
  readonly skip?: number;
  /** Ends after so many; default for ever. */
  readonly times?: number;
  readonly effect: FaultEffect;
}

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly operation: string;
  /** Undefined where it was passed on untouched. */
  readonly effect: FaultEffect['kind'] | undefined;
}

export interface FaultProxy {
  /** Without a trailing slash. */
  readonly url: string;
  readonly faults: {
    add(fault: Fault): void;
    clear(): void;
  };
  /** Every request since the start or `forget`, in order. */
  readonly requests: readonly ProxiedRequest[];
  count(operation: string): number;
  forget(): void;
  close(): Promise<void>;
}

interface ArmedFault {
  readonly fault: Fault;
  seen: number;
}

/**
 * Stands before an S3 server and fails as told. The request goes on as it came, its Host too, so that its signature stays
 * valid: a server that answers to any host (path style) does not notice.
 */
export async function startFaultProxy(options: {
  readonly target: string;
  readonly port?: number;
}): Promise<FaultProxy> {
  const target = new URL(options.target);
  const agent = new http.Agent({ keepAlive: true });
  const armed: ArmedFault[] = [];
  const requests: ProxiedRequest[] = [];

  const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    // Resets are what this is for.
    request.on('error', ignore);
    response.on('error', ignore);
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const method = request.method ?? 'GET';
    const operation = operationOf(method, path, query);
    const effect = takeEffect(armed, { method, path, query, operation });
    requests.push({ method, path, query, operation, effect: effect?.kind });
    void apply(effect, { request, response, target, agent });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    faults: {
      add(fault) {
        armed.push({ fault, seen: 0 });
      },
      clear() {
        armed.length = 0;
      },
    },
    requests,
    count: (operation) => requests.filter((request) => request.operation === operation).length,
    forget() {
      requests.length = 0;
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** S3's name of a path-style request, for those this project sends. */
export function operationOf(method: string, path: string, query: string): string {
  const names = new Set(query.split('&').map((pair) => pair.split('=', 1)[0] ?? ''));
  const isObject = /^\/[^/]+\/./.test(path);
  if (!isObject) {
    if (names.has('delete')) return 'DeleteObjects';
    if (names.has('uploads')) return 'ListMultipartUploads';
    if (method === 'HEAD') return 'HeadBucket';
    return method === 'GET' ? 'ListObjectsV2' : `${method} bucket`;
  }
  if (names.has('restore')) return 'RestoreObject';
  if (names.has('uploads')) return 'CreateMultipartUpload';
  if (names.has('uploadId')) {
    const ofUpload: Record<string, string> = {
      GET: 'ListParts',
      PUT: 'UploadPart',
      POST: 'CompleteMultipartUpload',
      DELETE: 'AbortMultipartUpload',
    };
    return ofUpload[method] ?? `${method} upload`;
  }
  const ofObject: Record<string, string> = {
    GET: 'GetObject',
    HEAD: 'HeadObject',
    PUT: 'PutObject',
    DELETE: 'DeleteObject',
  };
  return ofObject[method] ?? `${method} object`;
}

function takeEffect(
  armed: readonly ArmedFault[],
  request: { readonly method: string; readonly path: string; readonly query: string; readonly operation: string },
): FaultEffect | undefined {
  for (const entry of armed) {
    const { when = {}, skip = 0, times = Number.POSITIVE_INFINITY, effect } = entry.fault;
    const matches =
      (when.method ?? request.method) === request.method &&
      (when.operation ?? request.operation) === request.operation &&
      (when.path?.test(request.path) ?? true) &&
      (when.query?.test(request.query) ?? true);
    if (!matches) continue;
    entry.seen += 1;
    if (entry.seen > skip && entry.seen <= skip + times) return effect;
  }
  return undefined;
}

interface Exchange {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly target: URL;
  readonly agent: http.Agent;
}

async function apply(effect: FaultEffect | undefined, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  switch (effect?.kind) {
    case undefined:
      passOn(exchange);
      return;
    case 'status':
      request.resume();
      answer(response, effect);
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'hang':
      request.resume();
      return;
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, effect.ms));
      passOn(exchange);
      return;
    case 'headers':
    case 'lose-answer':
    case 'cut-request':
    case 'cut-answer':
    case 'stall-answer':
      passOn(exchange, effect);
      return;
    default:
      return effect satisfies never;
  }
}

function answer(response: http.ServerResponse, effect: Extract<FaultEffect, { kind: 'status' }>): void {
  if (effect.status < 300) {
    response.writeHead(effect.status, { 'content-length': 0 }).end();
    return;
  }
  const code = effect.code ?? (effect.status === 503 ? 'SlowDown' : 'InternalError');
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${effect.message ?? 'as told'}</Message></Error>`;
  response.writeHead(effect.status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function passOn({ request, response, target, agent }: Exchange, effect?: FaultEffect): void {
  const { socket } = request;
  const upstream = http.request({
    agent,
    hostname: target.hostname,
    port: target.port,
    method: request.method,
    path: request.url,
    headers: request.rawHeaders,
  });
  upstream.on('error', () => socket.destroy());
  request.on('close', () => {
    if (!request.complete) upstream.destroy();
  });

  let passedUp = 0;
  if (effect?.kind === 'cut-request') {
    request.on('data', (chunk: Buffer) => {
      upstream.write(chunk.subarray(0, Math.max(effect.afterBytes - passedUp, 0)));
      passedUp += chunk.length;
      if (passedUp < effect.afterBytes) return;
      upstream.destroy();
      socket.resetAndDestroy();
    });
  } else {
    request.pipe(upstream);
  }

  upstream.on('response', (answered) => {
    answered.on('error', () => socket.destroy());
    if (effect?.kind === 'lose-answer') {
      answered.resume();
      answered.on('end', () => socket.resetAndDestroy());
      return;
    }
    response.writeHead(answered.statusCode ?? 502, {
      ...answered.headers,
      ...(effect?.kind === 'headers' && effect.headers),
    });
    if (effect?.kind !== 'cut-answer' && effect?.kind !== 'stall-answer') {
      response.on('close', () => answered.destroy());
      answered.pipe(response);
      return;
    }
    let passedDown = 0;
    answered.on('data', (chunk: Buffer) => {
      const piece = chunk.subarray(0, Math.max(effect.afterBytes - passedDown, 0));
      passedDown += chunk.length;
      const cut = (): void => {
        if (effect.kind === 'cut-answer' && passedDown >= effect.afterBytes) socket.resetAndDestroy();
      };
      if (piece.length > 0) response.write(piece, cut);
    });
  });
}

function ignore(): void {
  // Said where it is used.
}
