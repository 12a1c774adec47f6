import { S3Client } from '@aws-sdk/client-s3';
import { S3Clients } from '../s3/index.js';
import { S3Presigner } from './s3-presign.js';

const HOUR_SECONDS = 3600;

function presigner(credentials: { readonly expiration?: Date } = {}): S3Presigner {
  const client = new S3Client({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', ...credentials },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  return new S3Presigner(client, 'bucket');
}

function signedHeaders(url: string): string[] {
  return new URL(url).searchParams.get('X-Amz-SignedHeaders')?.split(';') ?? [];
}

describe('S3Presigner', () => {
  it('signs what a PUT is to send as headers, and asks for no checksum of an empty body', async () => {
    const { url, headers, method } = await presigner().put('a key', {
      expiresInSeconds: 60,
      contentType: 'audio/wav',
      sizeBytes: 12,
      ifAbsent: true,
      sha256: 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=',
    });
    expect(method).toBe('PUT');
    expect(headers).toEqual({
      'content-type': 'audio/wav',
      'if-none-match': '*',
      'x-amz-checksum-sha256': 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=',
      'x-amz-sdk-checksum-algorithm': 'SHA256',
    });
    expect(signedHeaders(url)).toEqual(['content-length', ...Object.keys(headers).sort(), 'host'].sort());
    expect(new URL(url).searchParams.get('x-amz-checksum-crc32')).toBeNull();
  });

  it('signs no content type of a part', async () => {
    const { url, headers } = await presigner().part(
      { key: 'k', uploadId: 'u' },
      { expiresInSeconds: 60, partNumber: 3 },
    );
    expect(headers).toEqual({});
    expect(signedHeaders(url)).toEqual(['host']);
    expect(new URL(url).searchParams.get('partNumber')).toBe('3');
    expect(url).not.toMatch(/checksum/i);
  });

  it('signs type and disposition of an answer', async () => {
    const { url } = await presigner().get('k', {
      expiresInSeconds: 60,
      contentType: 'audio/wav',
      contentDisposition: 'attachment; filename="a b.wav"',
    });
    const query = new URL(url).searchParams;
    expect(query.get('response-content-type')).toBe('audio/wav');
    expect(query.get('response-content-disposition')).toBe('attachment; filename="a b.wav"');
  });

  it('signs with the client that adds no checksums of its own, as the service has it', async () => {
    const clients = new S3Clients({
      region: 'eu-central-1',
      endpoint: undefined,
      forcePathStyle: false,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      credentialsRequired: true,
    });
    const own = new S3Presigner(clients.presigner, 'bucket');
    const read = await own.get('k', { expiresInSeconds: 60, contentType: 'audio/wav', contentDisposition: 'inline' });
    const write = await own.put('k', { expiresInSeconds: 60, contentType: 'audio/wav', sizeBytes: 1 });
    for (const { url } of [read, write]) expect(url).not.toMatch(/checksum/i);
    expect(signedHeaders(read.url)).toEqual(['host']);
    clients.destroy();
  });

  it('counts from the second that it is told', async () => {
    const signedAt = new Date('2026-03-01T12:00:00.900Z');
    const { url, expiresAt } = await presigner().get('k', { expiresInSeconds: 60, signedAt });
    expect(expiresAt).toEqual(new Date('2026-03-01T12:01:00Z'));
    expect(new URL(url).searchParams.get('X-Amz-Date')).toBe('20260301T120000Z');
  });

  it('says when a link ends: not after the credentials that signed it', async () => {
    const soon = new Date(Date.now() + 20 * 60_000);
    const long = { expiresInSeconds: 12 * HOUR_SECONDS };
    expect((await presigner({ expiration: soon }).get('k', long)).expiresAt).toEqual(soon);
    const { expiresAt } = await presigner().get('k', long);
    expect(Math.abs(expiresAt.getTime() - Date.now() - 12 * HOUR_SECONDS * 1000)).toBeLessThan(2000);
  });
});
