import { Inject, Injectable } from '@nestjs/common';
import { assertObjectKey, InvalidKeyError } from '../object-storage/index.js';
import { cloudfrontConfig, type CloudFrontConfig } from './cloudfront.config.js';
import { CloudFrontNotConfiguredError } from './cloudfront.errors.js';
import { CloudFrontSigner } from './cloudfront-signer.js';

/** How long something may be had, and by whom. */
export interface SigningTerms {
  /** Cut to whole seconds. */
  readonly expiresAt: Date;
  readonly startsAt?: Date | undefined;
  /** An IPv4 address or network (CIDR). */
  readonly ip?: string | undefined;
}

export interface SignGetOptions extends SigningTerms {
  /** What the answer's headers will say, in place of what the object was stored with. */
  readonly contentType: string;
  readonly contentDisposition: string;
}

/** A URL that anyone may open until `expiresAt`: a secret. */
export interface SignedUrl {
  readonly url: string;
  readonly expiresAt: Date;
}

/** Cookies that open everything below a prefix until `expiresAt`: their values are secrets. */
export interface SignedCookies {
  /** What they open, with its wildcard. */
  readonly resource: string;
  readonly expiresAt: Date;
  /** The values, by name. */
  readonly cookies: Readonly<Record<string, string>>;
  /** Where browsers send them. */
  readonly path: string;
  /** The host that sets them alone where absent. */
  readonly domain?: string;
}

interface Distribution {
  readonly domain: string;
  readonly cookieDomain: string | undefined;
  readonly signer: CloudFrontSigner;
}

/** The CloudFront distribution in front of the bucket, where there is one. Knows object keys; signs without asking anybody. */
@Injectable()
export class CloudFront {
  private readonly known: Distribution | undefined;

  constructor(@Inject(cloudfrontConfig.KEY) { distribution }: CloudFrontConfig) {
    if (distribution === undefined) return;
    const { domain, cookieDomain } = distribution;
    this.known = { domain, cookieDomain, signer: new CloudFrontSigner(distribution) };
  }

  /** Whether there is a distribution; without one every signature is a `CloudFrontNotConfiguredError`. */
  get isConfigured(): boolean {
    return this.known !== undefined;
  }

  /** A URL that downloads one object. Throws `InvalidKeyError`, `NotAnIpv4NetworkError`. */
  async signGet(key: string, options: SignGetOptions): Promise<SignedUrl> {
    const { domain, signer } = this.distribution();
    const { contentType, contentDisposition, startsAt, ip } = options;
    const expiresAt = wholeSeconds(options.expiresAt);
    const query = `response-content-type=${encode(contentType)}&response-content-disposition=${encode(contentDisposition)}`;
    const resource = `https://${domain}/${encodeKey(key)}?${query}`;
    return { url: await signer.signUrl({ resource, expiresAt, startsAt, ip }), expiresAt };
  }

  /** Cookies that open every object whose key begins with `prefix`, which ends in a slash. */
  async signCookies(prefix: string, terms: SigningTerms): Promise<SignedCookies> {
    const { domain, cookieDomain, signer } = this.distribution();
    const expiresAt = wholeSeconds(terms.expiresAt);
    const path = `/${encodeKey(prefix)}`;
    // The wildcard stands at the end alone: at the front it would match what a viewer writes into the query of any other URL.
    const resource = `https://${domain}${path}*`;
    const cookies = await signer.signCookies({ ...terms, resource, expiresAt });
    return { resource, expiresAt, cookies, path, ...(cookieDomain !== undefined && { domain: cookieDomain }) };
  }

  private distribution(): Distribution {
    if (this.known === undefined) throw new CloudFrontNotConfiguredError();
    return this.known;
  }
}

function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}

/** Segment by segment, so that slashes stay; wildcards in a key are encoded, and so stand for themselves. */
function encodeKey(key: string): string {
  assertObjectKey(key);
  const segments = key.split('/');
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    throw new InvalidKeyError('has a segment of dots, which no client leaves in a URL');
  }
  return segments.map(encode).join('/');
}

/** Percent-encodes all but RFC 3986's unreserved characters, as S3 does. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
