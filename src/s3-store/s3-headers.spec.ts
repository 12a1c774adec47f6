import { Readable } from 'node:stream';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { HEADERS_OF_OURS, leavePayloadUnsigned } from './s3-headers.js';

/** The headers a PutObject would be sent with. */
async function headersOfPut(endpoint: string): Promise<Record<string, string>> {
  const sent: Record<string, string>[] = [];
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: {
      handle(request: { headers: Record<string, string> }) {
        sent.push(request.headers);
        return Promise.resolve({ response: { statusCode: 200, headers: {}, body: Readable.from([]) } });
      },
    },
  });
  const command = new PutObjectCommand({
    Bucket: 'bucket',
    Key: 'key',
    Body: Buffer.from('123456789'),
    ChecksumAlgorithm: 'CRC32',
    ChecksumCRC32: 'y/Q5Jg==',
  });
  command.middlewareStack.add(leavePayloadUnsigned, HEADERS_OF_OURS);
  await client.send(command);
  return sent[0] ?? {};
}

describe('leavePayloadUnsigned', () => {
  it('leaves integrity to the CRC-32 where TLS guards the way', async () => {
    expect(await headersOfPut('https://127.0.0.1')).toMatchObject({
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      'x-amz-checksum-crc32': 'y/Q5Jg==',
      'x-amz-sdk-checksum-algorithm': 'CRC32',
    });
  });

  it('keeps the payload signed over plain HTTP', async () => {
    expect((await headersOfPut('http://127.0.0.1'))['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/);
  });
});
