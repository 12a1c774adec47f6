import { generateKeyPairSync } from 'node:crypto';
import { CloudFront } from '../cloudfront/index.js';
import { FileStatus, type StoredFile } from '../files/index.js';
import type { ObjectStorage } from '../storage/index.js';
import { LinkSigner } from './link-signer.js';

const NOW = new Date('2027-01-02T03:04:05.678Z');
const TERMS = { expiresInSeconds: 60, signedAt: NOW };

/** What a link asks of the store, in place of a store. */
const storage = {
  server: 's3',
  presignGet: (key: string, { expiresInSeconds, signedAt, ...presentation }: Record<string, unknown>) =>
    Promise.resolve({
      url: `https://bucket.example/${key}?${new URLSearchParams(presentation as Record<string, string>).toString()}`,
      expiresAt: new Date((signedAt as Date).getTime() + Number(expiresInSeconds) * 1000),
    }),
} as unknown as ObjectStorage;

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const distribution = { domain: 'media.example.org', keyPairId: 'K1', privateKey, hashAlgorithm: 'SHA1' } as const;
const SIGNERS = {
  s3: new LinkSigner(new CloudFront({ distribution: undefined }), storage),
  cloudfront: new LinkSigner(new CloudFront({ distribution: { ...distribution, cookieDomain: undefined } }), storage),
};

function file(facts: Partial<StoredFile> = {}): StoredFile {
  return {
    id: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a',
    key: 'a/b.txt',
    kind: 'note',
    contentType: 'text/plain',
    originalFilename: 'b.txt',
    status: FileStatus.Stored,
    isStored: () => (facts.status ?? FileStatus.Stored) === FileStatus.Stored,
    ...facts,
  } as StoredFile;
}

describe.each(Object.entries(SIGNERS))('LinkSigner with links of %s', (servedBy, signer) => {
  const dispositionOf = (url: string): string | null => {
    const query = new URL(url).searchParams;
    return query.get('response-content-disposition') ?? query.get('contentDisposition');
  };

  it.each([
    'text/html',
    'text/html; charset=utf-8',
    'image/svg+xml',
    'text/xml',
    'application/xml',
    'application/xhtml+xml',
  ])('has %s saved, also when it shall be shown', async (contentType) => {
    const link = await signer.sign(file({ contentType }), { ...TERMS, disposition: 'inline' });
    expect(link.servedBy).toBe(servedBy);
    expect(dispositionOf(link.url)).toBe('attachment; filename="b.txt"');
  });

  it('has a PDF shown only when asked to', async () => {
    const pdf = file({ contentType: 'application/pdf', originalFilename: 'b.pdf' });
    expect(dispositionOf((await signer.sign(pdf, TERMS)).url)).toMatch(/^attachment;/);
    expect(dispositionOf((await signer.sign(pdf, { ...TERMS, disposition: 'inline' })).url)).toMatch(/^inline;/);
  });

  it('says when a link ends', async () => {
    const { expiresAt } = await signer.sign(file(), TERMS);
    expect(expiresAt).toEqual(new Date('2027-01-02T03:05:05Z'));
  });

  it('says of text that it is UTF-8, and of nothing else', async () => {
    const typeOf = async (contentType: string): Promise<string | null> => {
      const query = new URL((await signer.sign(file({ contentType }), TERMS)).url).searchParams;
      return query.get('response-content-type') ?? query.get('contentType');
    };
    expect(await typeOf('text/plain')).toBe('text/plain; charset=utf-8');
    expect(await typeOf('application/json')).toBe('application/json');
  });
});

describe('a link that begins later', () => {
  const sign = (startsAt: string): Promise<unknown> =>
    SIGNERS.cloudfront.sign(file(), { ...TERMS, startsAt: new Date(startsAt) });

  it('begins in a whole second before the one it ends in', async () => {
    await expect(sign('2027-01-02T03:05:04.999Z')).resolves.toBeDefined();
    for (const never of ['2027-01-02T03:05:05Z', '2027-01-02T03:05:05.100Z'])
      await expect(sign(never)).rejects.toMatchObject({
        code: 'LINK_NEVER_OPEN',
        message: expect.stringContaining('2027-01-02T03:05:05.000Z') as string,
      });
  });
});
