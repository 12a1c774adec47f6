import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { openTestBucket, TEST_S3_ENDPOINT, WHY_SKIPPED, type TestBucket } from '../support/test-bucket.js';

const MEBIBYTE = 1024 * 1024;
const suite = TEST_S3_ENDPOINT === undefined ? describe.skip : describe;

suite(`S3ObjectStorage beside AWS' own uploader${TEST_S3_ENDPOINT === undefined ? `: ${WHY_SKIPPED}` : ''}`, () => {
  let bucket: TestBucket;

  beforeAll(async () => {
    bucket = await openTestBucket({ copyPartBytes: 5 * MEBIBYTE });
  });
  afterAll(async () => {
    await bucket.close();
  });

  const headOf = (key: string) =>
    bucket.clients.main.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key, ChecksumMode: 'ENABLED' }));

  it.each([0, 1, 70_000, 5 * MEBIBYTE, 5 * MEBIBYTE + 1, 17 * MEBIBYTE])(
    'stores %d bytes as the same object',
    async (sizeBytes) => {
      const bytes = randomBytes(sizeBytes);
      const ours = await bucket.storage.put(`${sizeBytes}/ours`, Readable.from([bytes]), { contentType: 'audio/wav' });
      await new Upload({
        client: bucket.clients.main,
        partSize: 5 * MEBIBYTE,
        params: {
          Bucket: bucket.name,
          Key: `${sizeBytes}/theirs`,
          Body: Readable.from([bytes]),
          ContentType: 'audio/wav',
        },
      }).done();

      const [mine, theirs] = [await headOf(`${sizeBytes}/ours`), await headOf(`${sizeBytes}/theirs`)];
      expect(mine.ETag).toBe(theirs.ETag);
      expect(mine.ETag).toBe(`"${ours.etag}"`);
      expect(mine).toMatchObject({ ContentLength: theirs.ContentLength, ContentType: theirs.ContentType });
      // Theirs is a checksum of checksums where there are parts; ours is always one of the bytes.
      expect(mine.ChecksumType).toBe('FULL_OBJECT');
      expect(mine.ChecksumCRC32).toBe(ours.checksums.crc32);
      const read = await bucket.storage.find(`${sizeBytes}/ours`);
      expect(Buffer.concat((await read?.body.toArray()) ?? []).equals(bytes)).toBe(true);
    },
  );

  it('copies in parts what is too large for one request', async () => {
    const bytes = randomBytes(12 * MEBIBYTE);
    const { checksums } = await bucket.storage.put('copy/from', Readable.from([bytes]), { contentType: 'video/mp4' });
    const copied = await bucket.storage.copy('copy/from', 'copy/to (2) + ü');
    const head = await bucket.storage.head('copy/to (2) + ü');
    expect(copied).toMatchObject({ sizeBytes: bytes.length, checksums });
    expect(copied.etag).toMatch(/-3$/);
    expect(head).toMatchObject({ sizeBytes: bytes.length, contentType: 'video/mp4', etag: copied.etag });
    const read = await bucket.storage.find('copy/to (2) + ü');
    expect(Buffer.concat((await read?.body.toArray()) ?? []).equals(bytes)).toBe(true);
    expect((await bucket.storage.listUploads()).uploads).toEqual([]);
  });
});
