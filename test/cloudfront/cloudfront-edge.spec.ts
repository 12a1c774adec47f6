import { generateKeyPairSync } from 'node:crypto';
import { CloudFront } from '../../src/cloudfront/index.js';
import { openLocalStorage, type LocalStorageUnderTest } from '../contract/local-storage-under-test.js';
import { put } from '../contract/storage-under-test.js';
import { openEdge, type Edge } from '../support/cloudfront-edge.js';

const DOMAIN = 'media.example.org';
const KEY = `a folder/é+&=#?*!'().txt`;
const PRESENTATION = { contentType: 'text/plain; charset=utf-8', contentDisposition: `attachment; filename="a b.txt"` };
const PAIRS = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ECDSA: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};

describe.each([
  ['RSA', 'SHA1'],
  ['RSA', 'SHA256'],
  ['ECDSA', 'SHA1'],
  ['ECDSA', 'SHA256'],
] as const)('CloudFront with a key for %s and %s', (type, hashAlgorithm) => {
  const { privateKey, publicKey } = PAIRS[type];
  const cloudfront = new CloudFront({
    distribution: { domain: DOMAIN, keyPairId: 'K1', privateKey, hashAlgorithm, cookieDomain: undefined },
  });
  const expiresAt = new Date(Date.now() + 60_000);
  let origin: LocalStorageUnderTest;
  let edge: Edge;

  beforeAll(async () => {
    origin = await openLocalStorage();
    await put(origin.storage, KEY, 'the bytes');
    edge = await openEdge({ domain: DOMAIN, keys: { K1: publicKey }, origin: origin.storage });
  });
  afterAll(async () => {
    await edge.close();
    await origin.close();
  });

  const status = async (url: string, headers = {}): Promise<number> => {
    const answer = await edge.fetch(url, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };

  it.each([
    ['a canned policy', {}],
    ['a custom policy', { ip: '127.0.0.1', startsAt: new Date(Date.now() - 60_000) }],
  ])('is believed at the edge by URLs under %s', async (_, terms) => {
    const { url } = await cloudfront.signGet(KEY, { ...PRESENTATION, ...terms, expiresAt });
    const answer = await edge.fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'the bytes']);
    expect(answer.headers.get('content-type')).toBe(PRESENTATION.contentType);
    expect(answer.headers.get('content-disposition')).toBe(PRESENTATION.contentDisposition);
    expect(await status(url.replace('text%2Fplain', 'text%2Fhtml'))).toBe(403);
    expect(await status(url.replace('a%20folder', 'b%20folder'))).toBe(403);
    expect(
      await status(
        url.replace(/&Hash-Algorithm=\w+|$/, `&Hash-Algorithm=${hashAlgorithm === 'SHA1' ? 'SHA256' : 'SHA1'}`),
      ),
    ).toBe(403);
  });

  it('is believed at the edge by cookies, below their prefix', async () => {
    const { cookies } = await cloudfront.signCookies('a folder/', { expiresAt });
    const cookie = Object.entries(cookies)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ');
    const { url } = await cloudfront.signGet(KEY, { ...PRESENTATION, expiresAt });
    const plain = url.split('?', 1)[0] ?? '';
    expect(await status(plain, { cookie })).toBe(200);
    expect(await status(plain)).toBe(403);
    expect(await status(plain.replace('a%20folder', 'other'), { cookie })).toBe(403);
    expect(await status(`https://${DOMAIN}/other?/a%20folder/x`, { cookie })).toBe(403);
  });
});
