import { generateKeyPairSync } from 'node:crypto';
import { CloudFrontNotConfiguredError, NotAnIpv4NetworkError } from './cloudfront.errors.js';
import { CloudFront } from './cloudfront.js';
import { ipv4Network } from './signing-policy.js';

const EXPIRES_AT = new Date('2027-01-02T03:04:05.678Z');
const AS_TEXT = { contentType: 'text/plain; charset=utf-8', contentDisposition: `attachment; filename="a b.txt"` };

function cloudfront(cookieDomain?: string): CloudFront {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return new CloudFront({
    distribution: { domain: 'media.example.org', keyPairId: 'K1', privateKey, hashAlgorithm: 'SHA1', cookieDomain },
  });
}

describe('CloudFront', () => {
  it('encodes a key segment by segment, wildcards too, and puts type and disposition into what is signed', async () => {
    const { url, expiresAt } = await cloudfront().signGet(`a b/é+&=#?*!'()/c.txt`, {
      ...AS_TEXT,
      expiresAt: EXPIRES_AT,
    });
    expect(url).toMatch(/^https:\/\/media\.example\.org\/a%20b\/%C3%A9%2B%26%3D%23%3F%2A%21%27%28%29\/c\.txt\?/);
    const query = new URL(url).searchParams;
    expect([...query.keys()]).toEqual([
      'response-content-type',
      'response-content-disposition',
      'Expires',
      'Key-Pair-Id',
      'Signature',
    ]);
    expect(query.get('response-content-disposition')).toBe(AS_TEXT.contentDisposition);
    expect(query.get('response-content-type')).toBe(AS_TEXT.contentType);
    expect(expiresAt).toEqual(new Date('2027-01-02T03:04:05Z'));
    expect(query.get('Expires')).toBe(String(expiresAt.getTime() / 1000));
  });

  it.each(['../a', 'a/./b', 'a/..', '', 'a\nb'])(
    'signs no key that a client would rewrite or refuse: %j',
    async (key) => {
      await expect(cloudfront().signGet(key, { ...AS_TEXT, expiresAt: EXPIRES_AT })).rejects.toMatchObject({
        code: 'INVALID_KEY',
      });
    },
  );

  it('opens a folder by cookies for its path, and of its domain where one is set', async () => {
    const terms = { expiresAt: EXPIRES_AT };
    const signed = await cloudfront('example.org').signCookies('audio-files/sessions/session-42/', terms);
    expect(signed).toMatchObject({
      resource: 'https://media.example.org/audio-files/sessions/session-42/*',
      path: '/audio-files/sessions/session-42/',
      domain: 'example.org',
      expiresAt: new Date('2027-01-02T03:04:05Z'),
    });
    expect(Object.keys(signed.cookies)).toEqual([
      'CloudFront-Policy',
      'CloudFront-Key-Pair-Id',
      'CloudFront-Signature',
    ]);
    expect((await cloudfront().signCookies('a/', terms)).domain).toBeUndefined();
  });

  it('says so where there is none', async () => {
    const none = new CloudFront({ distribution: undefined });
    expect(none.isConfigured).toBe(false);
    await expect(none.signCookies('a/', { expiresAt: EXPIRES_AT })).rejects.toThrow(CloudFrontNotConfiguredError);
    await expect(none.signGet('a', { ...AS_TEXT, expiresAt: EXPIRES_AT })).rejects.toThrow(
      CloudFrontNotConfiguredError,
    );
  });
});

describe('ipv4Network', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7/32'],
    ['203.0.113.77/24', '203.0.113.0/24'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['10.1.2.3/0', '0.0.0.0/0'],
    ['10.1.2.3/32', '10.1.2.3/32'],
  ])('reads %s as %s', (text, network) => {
    expect(ipv4Network(text)).toBe(network);
  });

  it.each(['2001:db8::1', '10.0.0.0/33', '10.0.0', '10.0.0.0/', '1.2.3.4.5', '', '*'])('refuses %j', (text) => {
    expect(() => ipv4Network(text)).toThrow(NotAnIpv4NetworkError);
  });
});
