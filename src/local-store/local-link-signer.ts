import { createHmac } from 'node:crypto';
import type { Clock } from '../config/index.js';
import {
  InvalidKeyError,
  InvalidSignatureError,
  MAX_PRESIGN_SECONDS,
  type SignedRequest,
} from '../object-storage/index.js';
import { LocalFormSigner } from './local-form-signer.js';
import { ALGORITHM, assertSendable, compactDate, encode, encodeKey, sameText } from './local-signature.js';

const PATH = '/objects/';

/** Headers that a link may bind, each to one value. */
const SIGNABLE_HEADERS = ['content-length', 'content-type', 'if-none-match', 'x-amz-checksum-sha256'] as const;
type SignableHeader = (typeof SIGNABLE_HEADERS)[number];

/** Query parameters that say what is asked, as S3 names them. */
const READ_PARAMETERS = ['response-content-disposition', 'response-content-type'] as const;
const PART_PARAMETERS = ['partNumber', 'uploadId'] as const;
type RequestParameter = (typeof READ_PARAMETERS)[number] | (typeof PART_PARAMETERS)[number];

/** Query parameters that every link has. */
const SIGNING_PARAMETERS = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
] as const;

type LinkMethod = SignedRequest['method'];

export interface LinkToSign {
  readonly method: LinkMethod;
  readonly key: string;
  readonly expiresInSeconds: number;
  /** From when they count, cut to whole seconds; now where absent. */
  readonly signedAt?: Date | undefined;
  readonly parameters?: Readonly<Partial<Record<RequestParameter, string>>>;
  readonly headers?: Readonly<Partial<Record<SignableHeader, string>>>;
}

/** A request as it came in. */
export interface LinkRequest {
  readonly method: string;
  /** What follows `/objects/` in the path, percent-encoded as it came. */
  readonly encodedKey: string;
  /** What follows the question mark. */
  readonly query: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What a valid link gives permission for. */
export interface PermittedRequest {
  readonly key: string;
  readonly parameters: Readonly<Partial<Record<RequestParameter, string>>>;
}

/**
 * Links to the local store: S3's names in the query, and an HMAC-SHA-256 over method, key, every query parameter and the
 * values of the bound headers. The host is not signed: a proxy in front may rename it.
 */
export class LocalLinkSigner {
  /** The forms of the same store, signed with a key derived from the same secret. */
  readonly forms: LocalFormSigner;

  constructor(
    private readonly options: { readonly publicUrl: string; readonly bucket: string; readonly secret: string },
    private readonly clock: Clock,
  ) {
    this.forms = new LocalFormSigner(options, clock);
  }

  sign({ parameters = {}, headers = {}, ...link }: LinkToSign): SignedRequest {
    const { method, key, expiresInSeconds, signedAt = this.clock.now() } = link;
    if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > MAX_PRESIGN_SECONDS) {
      throw new RangeError(`A link lives 1 to ${MAX_PRESIGN_SECONDS} seconds.`);
    }
    assertSendable(Object.values({ ...parameters, ...headers }));
    if (key.split('/').some((segment) => segment === '.' || segment === '..')) {
      throw new InvalidKeyError('has a segment of dots, which no client leaves in a URL');
    }
    const beginsAt = Math.floor(signedAt.getTime() / 1000) * 1000;
    const date = compactDate(new Date(beginsAt));
    const query = new Map<string, string>([
      ['X-Amz-Algorithm', ALGORITHM],
      ['X-Amz-Credential', `${this.options.bucket}/${date.slice(0, 8)}/local/objects`],
      ['X-Amz-Date', date],
      ['X-Amz-Expires', String(expiresInSeconds)],
      ['X-Amz-SignedHeaders', Object.keys(headers).sort().join(';')],
      ...Object.entries(parameters),
    ]);
    const signature = this.signature({ method, key, query, headers });
    // Bound, and not among the headers to send: every client writes it itself, and browsers let nobody else.
    const toSend = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-length'));
    return {
      method,
      url: `${this.options.publicUrl}${PATH}${encodeKey(key)}?${encodeQuery(query)}&X-Amz-Signature=${signature}`,
      headers: toSend,
      expiresAt: new Date(beginsAt + expiresInSeconds * 1000),
    };
  }

  /** What the request may do. Throws `InvalidSignatureError` for a link that is expired, altered or not ours. */
  verify(request: LinkRequest): PermittedRequest {
    const method = linkMethod(request.method);
    const key = decodeKey(request.encodedKey);
    const query = readQuery(request.query);
    const parameters = requestParameters(method, query);
    const headers = boundHeaders(query.get('X-Amz-SignedHeaders') ?? '', request);
    const expected = this.signature({ method, key, query, headers });
    if (!sameText(expected, query.get('X-Amz-Signature') ?? '')) throw new InvalidSignatureError('LINK_INVALID');
    // From here on everything in the query is as `sign` wrote it.
    const beginsAt = parseCompactDate(query.get('X-Amz-Date') ?? '');
    const livesMs = Number(query.get('X-Amz-Expires')) * 1000;
    if (this.clock.now().getTime() >= beginsAt + livesMs) throw new InvalidSignatureError('LINK_EXPIRED');
    return { key, parameters };
  }

  private signature(link: {
    readonly method: LinkMethod;
    readonly key: string;
    readonly query: ReadonlyMap<string, string>;
    readonly headers: Readonly<Partial<Record<SignableHeader, string>>>;
  }): string {
    const canonical = [
      ALGORITHM,
      link.method,
      encodeKey(link.key),
      encodeQuery(link.query),
      ...Object.entries(link.headers)
        .map(([name, value]) => `${name}:${encode(value)}`)
        .sort(),
    ].join('\n');
    return createHmac('sha256', this.options.secret).update(canonical).digest('hex');
  }
}

/** A link for reading serves HEAD too. */
function linkMethod(method: string): LinkMethod {
  if (method === 'GET' || method === 'HEAD') return 'GET';
  if (method === 'PUT') return 'PUT';
  throw new InvalidSignatureError('LINK_INVALID');
}

/** Every parameter once; a link with any that `sign` does not write is not ours. */
function readQuery(text: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (query.has(name)) throw new InvalidSignatureError('LINK_INVALID');
    query.set(name, value);
  }
  const known: readonly string[] = [...SIGNING_PARAMETERS, ...READ_PARAMETERS, ...PART_PARAMETERS];
  const complete = SIGNING_PARAMETERS.every((name) => query.has(name));
  if (!complete || [...query.keys()].some((name) => !known.includes(name))) {
    throw new InvalidSignatureError('LINK_INVALID');
  }
  return query;
}

function requestParameters(method: LinkMethod, query: ReadonlyMap<string, string>): PermittedRequest['parameters'] {
  const names = method === 'GET' ? READ_PARAMETERS : PART_PARAMETERS;
  return Object.fromEntries(names.flatMap((name) => (query.has(name) ? [[name, query.get(name)]] : [])));
}

/** The request's own values of the headers that the link says it binds. */
function boundHeaders(names: string, request: LinkRequest): Partial<Record<SignableHeader, string>> {
  const listed = names === '' ? [] : names.split(';');
  const bound: Partial<Record<SignableHeader, string>> = {};
  for (const name of SIGNABLE_HEADERS.filter((header) => listed.includes(header))) {
    const value = request.headers[name];
    if (typeof value === 'string') bound[name] = value.trim();
  }
  if (Object.keys(bound).length !== listed.length) throw new InvalidSignatureError('LINK_INVALID');
  return bound;
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new InvalidSignatureError('LINK_INVALID');
  }
}

/** All parameters but the signature, sorted. */
function encodeQuery(query: ReadonlyMap<string, string>): string {
  return [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

function parseCompactDate(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
