import { createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { getSignedCookies, getSignedUrl } from '@aws-sdk/cloudfront-signer';
import fc from 'fast-check';
import { HashAlgorithm } from './cloudfront.config.js';
import { CloudFrontSigner } from './cloudfront-signer.js';
import type { PolicyTerms } from './signing-policy.js';

const KEY_PAIR_ID = 'K2JCJMDEHXQW5F';
const EXPIRES_AT = new Date('2027-01-02T03:04:05Z');
const STARTS_AT = new Date('2027-01-01T00:00:00Z');
const URL_PLAIN = 'https://media.example.org/audio-files/sessions/session-42/original/20270101_000000_a.wav';
const URL_QUERY = `${URL_PLAIN}?response-content-type=audio%2Fwav&response-content-disposition=attachment%3B%20filename%3D%22a%20b.wav%22`;
const FOLDER = 'https://media.example.org/audio-files/sessions/session-42/*';

const KEYS = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ECDSA: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
};
const CASES = Object.entries(KEYS).flatMap(([name, key]) =>
  Object.values(HashAlgorithm).map((hash) => [name, hash, key] as const),
);
const TERMS: readonly (readonly [string, PolicyTerms])[] = [
  ['a canned policy', { resource: URL_QUERY, expiresAt: EXPIRES_AT }],
  ['a canned policy, without a query', { resource: URL_PLAIN, expiresAt: EXPIRES_AT }],
  ['a start', { resource: URL_QUERY, expiresAt: EXPIRES_AT, startsAt: STARTS_AT }],
  ['an address', { resource: URL_QUERY, expiresAt: EXPIRES_AT, ip: '203.0.113.7' }],
  ['a start and a network', { resource: URL_QUERY, expiresAt: EXPIRES_AT, startsAt: STARTS_AT, ip: '203.0.113.0/24' }],
];

describe.each(CASES)('CloudFrontSigner with %s and %s', (keyType, hashAlgorithm, privateKey) => {
  const signer = new CloudFrontSigner({ keyPairId: KEY_PAIR_ID, privateKey, hashAlgorithm });
  const library = (terms: PolicyTerms) => ({
    url: terms.resource,
    keyPairId: KEY_PAIR_ID,
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    dateLessThan: terms.expiresAt,
    algorithm: hashAlgorithm,
    ...(terms.startsAt !== undefined && { dateGreaterThan: terms.startsAt }),
    ...(terms.ip !== undefined && { ipAddress: terms.ip }),
  });
  /** RSA signs alike each time; an ECDSA signature is another one each time. */
  const comparable = (text: string): string => (keyType === 'RSA' ? text : text.replace(/Signature=[^&]+/, ''));

  it.each(TERMS)('signs a URL with %s as the library does, and the public key verifies it', async (_, terms) => {
    const url = await signer.signUrl(terms);
    const theirs = getSignedUrl(library(terms));
    expect(comparable(url)).toBe(comparable(theirs));
    const query = new URL(url).searchParams;
    for (const signed of [query, new URL(theirs).searchParams]) {
      expect(verified(signedPolicy(signed, terms), signed.get('Signature'), { privateKey, hashAlgorithm })).toBe(true);
    }
    // The one or the other, and SHA-1 goes without saying.
    expect(query.has('Policy')).toBe(terms.startsAt !== undefined || terms.ip !== undefined);
    expect(query.has('Expires')).toBe(!query.has('Policy'));
    expect(query.get('Hash-Algorithm')).toBe(hashAlgorithm === 'SHA1' ? null : 'SHA256');
  });

  it.each(TERMS)('signs cookies with %s as the library does', async (_, terms) => {
    const ours = await signer.signCookies(terms);
    const theirs = Object.fromEntries(
      Object.entries(getSignedCookies(library(terms))).map(([name, value]) => [name, String(value)]),
    );
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
    expect({ ...ours, 'CloudFront-Signature': '' }).toEqual({ ...theirs, 'CloudFront-Signature': '' });
    if (keyType === 'RSA') expect(ours).toEqual(theirs);
  });

  it('signs a wildcard under a custom policy, which the library does when it is given the policy', async () => {
    const cookies = await signer.signCookies({ resource: FOLDER, expiresAt: EXPIRES_AT });
    const policy = decoded(cookies['CloudFront-Policy'] ?? '').toString();
    expect(JSON.parse(policy)).toEqual({
      Statement: [{ Resource: FOLDER, Condition: { DateLessThan: { 'AWS:EpochTime': EXPIRES_AT.getTime() / 1000 } } }],
    });
    const { keyPairId, privateKey: pem, algorithm } = library({ resource: FOLDER, expiresAt: EXPIRES_AT });
    const theirs = getSignedCookies({ policy, keyPairId, privateKey: pem, algorithm });
    expect({ ...cookies, 'CloudFront-Signature': '' }).toEqual({ ...theirs, 'CloudFront-Signature': '' });
    if (keyType === 'RSA') expect(cookies).toEqual(theirs);
    expect(verified(policy, cookies['CloudFront-Signature'] ?? null, { privateKey, hashAlgorithm })).toBe(true);
  });

  it('writes values that neither a query nor a cookie needs encoded', async () => {
    for (let count = 0; count < 20; count += 1) {
      const expiresAt = new Date(EXPIRES_AT.getTime() + count * 1000);
      const values = Object.values(await signer.signCookies({ resource: FOLDER, expiresAt, ip: '10.0.0.0/8' }));
      for (const value of values) expect(value).toMatch(/^[A-Za-z0-9~_-]+$/);
    }
  });
});

describe('CloudFrontSigner', () => {
  it('signs any segment that a key may have as the library does', async () => {
    const signer = new CloudFrontSigner({ keyPairId: KEY_PAIR_ID, privateKey: KEYS.RSA, hashAlgorithm: 'SHA1' });
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[A-Za-z0-9._ &=+#%?é…-]{1,40}$/), async (name) => {
        fc.pre(name !== '.' && name !== '..');
        const resource = `https://media.example.org/a/${encodeURIComponent(name)}?response-content-type=${encodeURIComponent(name)}`;
        const theirs = getSignedUrl({
          url: resource,
          keyPairId: KEY_PAIR_ID,
          privateKey: KEYS.RSA.export({ format: 'pem', type: 'pkcs8' }).toString(),
          dateLessThan: EXPIRES_AT,
        });
        expect(await signer.signUrl({ resource, expiresAt: EXPIRES_AT })).toBe(theirs);
      }),
      { numRuns: 40 },
    );
  });
});

/** What CloudFront would check the signature against. */
function signedPolicy(query: URLSearchParams, { resource }: PolicyTerms): string {
  const policy = query.get('Policy');
  if (policy !== null) return decoded(policy).toString();
  const expires = query.get('Expires') ?? '';
  return `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
}

function decoded(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');
}

function verified(
  policy: string,
  signature: string | null,
  { privateKey, hashAlgorithm }: { privateKey: KeyObject; hashAlgorithm: string },
): boolean {
  return verify(hashAlgorithm, Buffer.from(policy), createPublicKey(privateKey), decoded(signature ?? ''));
}
