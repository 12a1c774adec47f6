import { sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { HashAlgorithm } from './cloudfront.config.js';
import { epochSeconds, policyText, type PolicyTerms } from './signing-policy.js';

/** Off the event loop: an RSA signature takes a third of a millisecond, and a batch asks for a hundred. */
const signInPool = promisify(sign);

export interface SigningIdentity {
  /** CloudFront's id of the public key. */
  readonly keyPairId: string;
  /** RSA or ECDSA; the kind of key decides the kind of signature. */
  readonly privateKey: KeyObject;
  readonly hashAlgorithm: HashAlgorithm;
}

/** Signs what CloudFront verifies: URLs and cookies, as @aws-sdk/cloudfront-signer would. */
export class CloudFrontSigner {
  constructor(private readonly identity: SigningIdentity) {}

  /** The resource with its signature in the query. */
  async signUrl(terms: PolicyTerms): Promise<string> {
    // None of the values has a character that a query would need encoded.
    const query = Object.entries(await this.credentials(terms)).map(([name, value]) => `${name}=${value}`);
    return `${terms.resource}${terms.resource.includes('?') ? '&' : '?'}${query.join('&')}`;
  }

  /** The values of cookies, by name. */
  async signCookies(terms: PolicyTerms): Promise<Readonly<Record<string, string>>> {
    const credentials = Object.entries(await this.credentials(terms));
    return Object.fromEntries(credentials.map(([name, value]) => [`CloudFront-${name}`, value]));
  }

  private async credentials(terms: PolicyTerms): Promise<Readonly<Record<string, string>>> {
    const { keyPairId, privateKey, hashAlgorithm } = this.identity;
    const policy = policyText(terms);
    return {
      ...(needsCustomPolicy(terms)
        ? { Policy: encodeForUrl(Buffer.from(policy)) }
        : { Expires: String(epochSeconds(terms.expiresAt)) }),
      'Key-Pair-Id': keyPairId,
      Signature: encodeForUrl(await signInPool(hashAlgorithm, Buffer.from(policy), privateKey)),
      // SHA-1 is what CloudFront takes where nothing is said.
      ...(hashAlgorithm !== HashAlgorithm.Sha1 && { 'Hash-Algorithm': hashAlgorithm }),
    };
  }
}

/** A canned policy has one URL and an end, and nothing else. */
function needsCustomPolicy({ resource, startsAt, ip }: PolicyTerms): boolean {
  return startsAt !== undefined || ip !== undefined || resource.includes('*');
}

/** CloudFront's own variant of base64, in which `-_~` stand for `+=/`. */
function encodeForUrl(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');
}
