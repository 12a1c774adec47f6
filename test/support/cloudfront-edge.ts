import { verify, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { BlockList, isIPv4, type AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { ObjectStorage } from '../../src/object-storage/object-storage.js';
import { planContent } from '../../src/content/content-plan.js';

/** A distribution: its domain, the keys of its key group, and the bucket behind it. */
export interface EdgeOptions {
  readonly domain: string;
  /** Public keys by their id. */
  readonly keys: Readonly<Record<string, KeyObject>>;
  readonly origin: ObjectStorage;
}

export interface Edge {
  /** Moves its time of day, to see what has ended or not begun yet. */
  aheadSeconds: number;
  /** Whose requests it takes all requests for; the socket's where absent. */
  viewer: string | undefined;
  /** Sends a request to a URL of the domain as a browser would, headers as given. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** How CloudFront passes these on: not to the origin, and not as a part of the resource. */
const SIGNING_PARAMETERS = ['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'] as const;
type Credentials = Readonly<Partial<Record<(typeof SIGNING_PARAMETERS)[number], string>>>;

/** A refusal of CloudFront's, with its code. */
class Refusal extends Error {
  constructor(readonly code: 'MissingKey' | 'InvalidKey' | 'MalformedPolicy' | 'AccessDenied') {
    super(code);
  }
}

/**
 * An edge of CloudFront in front of a bucket, as far as its documentation says how it behaves: private content by URLs and
 * cookies, canned and custom policies, SHA-1 and SHA-256, RSA and ECDSA; ranges; `response-content-*` handed on to the origin.
 */
export async function openEdge(options: EdgeOptions): Promise<Edge> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      refuse(response, error);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const edge: Edge = {
    aheadSeconds: 0,
    viewer: undefined,
    fetch: (url, init = {}) => {
      const [, domain = '', rest = ''] = /^https:\/\/([^/]+)(\/.*)$/.exec(url) ?? [];
      if (domain !== options.domain) throw new Error(`${domain} is not this distribution`);
      return fetch(`http://127.0.0.1:${port}${rest}`, init);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { path, query, credentials } = readUrl(request);
    const resource = `https://${options.domain}${path}${query === '' ? '' : `?${query}`}`;
    const inUrl = Object.keys(credentials).length > 0;
    assertAllowed(resource, inUrl ? credentials : cookieCredentials(request.headers.cookie), {
      keys: options.keys,
      now: Math.floor(Date.now() / 1000) + edge.aheadSeconds,
      viewer: edge.viewer ?? request.socket.remoteAddress ?? '',
    });
    await fetchFromOrigin({ request, response, path, query, origin: options.origin });
  };
  return edge;
}

/** The query goes on without what CloudFront itself reads; the rest stays as it was written, in its order. */
function readUrl({ url = '/' }: IncomingMessage): { path: string; query: string; credentials: Credentials } {
  const [, path = '/', text = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? [];
  const pairs = text === '' ? [] : text.split('&').map((pair) => [pair, ...splitPair(pair)] as const);
  const isSigning = (name: string): boolean => (SIGNING_PARAMETERS as readonly string[]).includes(name);
  return {
    path,
    query: pairs
      .filter(([, name]) => !isSigning(name))
      .map(([pair]) => pair)
      .join('&'),
    credentials: Object.fromEntries(
      pairs.filter(([, name]) => isSigning(name)).map(([, name, value]) => [name, value]),
    ),
  };
}

function splitPair(pair: string): readonly [name: string, value: string] {
  const equals = pair.indexOf('=');
  const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
  return [decodeURIComponent(name), decodeURIComponent(value)];
}

function cookieCredentials(header = ''): Credentials {
  const cookies = header.split(/; */).map((pair) => splitPair(pair));
  return Object.fromEntries(
    cookies.flatMap(([name, value]) =>
      name.startsWith('CloudFront-') ? [[name.slice('CloudFront-'.length), value]] : [],
    ),
  );
}

interface Circumstances {
  readonly keys: EdgeOptions['keys'];
  /** Seconds since 1970. */
  readonly now: number;
  readonly viewer: string;
}

interface Statement {
  readonly Resource: string;
  readonly Condition: {
    readonly DateLessThan: { readonly 'AWS:EpochTime': number };
    readonly DateGreaterThan?: { readonly 'AWS:EpochTime': number };
    readonly IpAddress?: { readonly 'AWS:SourceIp': string };
  };
}

function assertAllowed(resource: string, credentials: Credentials, { keys, now, viewer }: Circumstances): void {
  const { Expires: expires, Policy: encoded, Signature: signature, 'Key-Pair-Id': keyPairId } = credentials;
  if (keyPairId === undefined || signature === undefined) throw new Refusal('MissingKey');
  const key = keys[keyPairId];
  if (key === undefined) throw new Refusal('InvalidKey');
  const hash = credentials['Hash-Algorithm'] ?? 'SHA1';
  if (hash !== 'SHA1' && hash !== 'SHA256') throw new Refusal('AccessDenied');
  const policy = encoded === undefined ? cannedPolicy(resource, expires) : decode(encoded).toString();
  if (!verify(hash, Buffer.from(policy), key, decode(signature))) throw new Refusal('AccessDenied');

  const { Resource: pattern, Condition: condition } = statementOf(policy);
  if (encoded !== undefined && !matches(pattern, resource)) throw new Refusal('AccessDenied');
  if (now >= condition.DateLessThan['AWS:EpochTime']) throw new Refusal('AccessDenied');
  if (now <= (condition.DateGreaterThan?.['AWS:EpochTime'] ?? 0)) throw new Refusal('AccessDenied');
  const network = condition.IpAddress?.['AWS:SourceIp'];
  if (network !== undefined && !isWithin(network, viewer)) throw new Refusal('AccessDenied');
}

/** Of a canned policy only the expiry is sent: CloudFront writes the rest itself, byte for byte. */
function cannedPolicy(resource: string, expires: string | undefined): string {
  if (expires === undefined || !/^\d+$/.test(expires)) throw new Refusal('MissingKey');
  return `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
}

function statementOf(policy: string): Statement {
  try {
    const { Statement: statements } = JSON.parse(policy) as { Statement: Statement[] };
    if (statements.length === 1 && statements[0] !== undefined) return statements[0];
  } catch {
    // Answered below.
  }
  throw new Refusal('MalformedPolicy');
}

/** `*` is any number of characters, `?` one. */
function matches(pattern: string, resource: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(resource);
}

function isWithin(network: string, viewer: string): boolean {
  const [address = '', bits = '32'] = network.split('/');
  if (!isIPv4(viewer) || !isIPv4(address)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), 'ipv4');
  return list.check(viewer, 'ipv4');
}

/** One text for the same bytes only: another one is an altered one. */
function decode(text: string): Buffer {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) throw new Refusal('AccessDenied');
  return bytes;
}

interface OriginRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: string;
  readonly origin: ObjectStorage;
}

async function fetchFromOrigin({ request, response, path, query, origin }: OriginRequest): Promise<void> {
  const info = await origin.head(decodeURIComponent(path.slice(1)));
  if (info === undefined) {
    response.writeHead(404).end();
    return;
  }
  const asked = new URLSearchParams(query);
  const plan = planContent({ method: request.method ?? 'GET', headers: request.headers }, info, {
    contentType: asked.get('response-content-type') ?? undefined,
    contentDisposition: asked.get('response-content-disposition') ?? undefined,
  });
  const status = { whole: 200, part: 206, 'not-modified': 304, unsatisfiable: 416 }[plan.kind];
  const content = plan.range && (await origin.find(info.key, plan.range));
  response.writeHead(status, { ...plan.headers, Via: '1.1 edge.cloudfront.net (CloudFront)' });
  if (content === undefined) response.end();
  else await pipeline(content.body, response);
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const [status, code] = error instanceof Refusal ? [403, error.code] : [502, String(error)];
  response.writeHead(status, { 'content-type': 'text/xml', 'x-cache': 'Error from cloudfront' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
}
