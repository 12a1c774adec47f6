import { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { signForm } from './s3-form.js';

const TERMS = { bucket: 'bucket', key: 'temp/r\u00e9sum\u00e9 1.txt', contentType: 'text/plain' } as const;
const LIMITS = { expiresInSeconds: 600, minSizeBytes: 1, maxSizeBytes: 1024 } as const;

interface ClientSettings {
  readonly sessionToken?: string;
  readonly expiration?: Date;
  readonly endpoint?: string;
}

function clientOf({ endpoint, ...credentials }: ClientSettings = {}): S3Client {
  return new S3Client({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', ...credentials },
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
  });
}

function expirationOf(policy: string | undefined): string {
  const document = JSON.parse(Buffer.from(policy ?? '', 'base64').toString()) as { readonly expiration: string };
  return document.expiration;
}

const withoutSlash = (url: string) => url.replace(/\/$/, '');

describe('signForm', () => {
  it.each<[string, ClientSettings]>([
    ['by host', {}],
    ['by path', { endpoint: 'http://store.example.org:8080' }],
    ['with temporary credentials', { sessionToken: 'token of a role' }],
  ])("signs the same form as AWS' own signer: %s", async (_, settings) => {
    const client = clientOf(settings);
    const theirs = await createPresignedPost(client, {
      Bucket: TERMS.bucket,
      Key: TERMS.key,
      Expires: LIMITS.expiresInSeconds,
      Fields: { 'Content-Type': TERMS.contentType, success_action_status: '201' },
      Conditions: [['content-length-range', LIMITS.minSizeBytes, LIMITS.maxSizeBytes]],
    });
    const signedAt = new Date(
      (theirs.fields['X-Amz-Date'] ?? '').replace(/^(.{4})(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'),
    );
    const ours = await signForm(client, { ...TERMS, ...LIMITS, signedAt });
    // Policy and signature are two of the fields.
    expect(ours.fields).toEqual(theirs.fields);
    expect(withoutSlash(ours.url)).toBe(withoutSlash(theirs.url));
    expect(ours.expiresAt.getTime()).toBe(signedAt.getTime() + 600_000);
  });

  it('ends with the credentials that sign', async () => {
    const signedAt = new Date('2026-03-01T12:00:00.700Z');
    const expiration = new Date('2026-03-01T12:05:00Z');
    const temporary = clientOf({ sessionToken: 'token', expiration });
    const form = await signForm(temporary, { ...TERMS, ...LIMITS, signedAt });
    expect(form.expiresAt).toEqual(expiration);
    expect(expirationOf(form.fields['Policy'])).toBe('2026-03-01T12:05:00Z');
    const lasting = await signForm(clientOf(), { ...TERMS, ...LIMITS, signedAt });
    expect(lasting.expiresAt).toEqual(new Date('2026-03-01T12:10:00Z'));
  });

  it('signs for no key that the store would fill in, and for no range that is none', async () => {
    const key = 'temp/${filename}';
    await expect(signForm(clientOf(), { ...TERMS, ...LIMITS, key })).rejects.toMatchObject({ code: 'INVALID_KEY' });
    await expect(signForm(clientOf(), { ...TERMS, ...LIMITS, minSizeBytes: 2000 })).rejects.toThrow(RangeError);
  });
});
