import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { DigestAlgorithm, ObjectDigest } from '../../src/object-storage/object-digest.js';
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

  function digestOf(algorithm: DigestAlgorithm, bytes: Uint8Array): string {
    const digest = ObjectDigest.of(algorithm);
    digest.update(bytes);
    return digest.digest();
  }

  /** As a client of its own would, with the checksums that the SDK computes for parts. */
  async function storeInParts(key: string, bytes: Buffer, algorithm: ChecksumAlgorithm): Promise<void> {
    const { main } = bucket.clients;
    const object = { Bucket: bucket.name, Key: key };
    const { UploadId } = await main.send(new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: algorithm }));
    const parts: CompletedPart[] = [];
    for (const [at, Body] of [bytes.subarray(0, 5 * MEBIBYTE), bytes.subarray(5 * MEBIBYTE)].entries()) {
      const part = { ...object, UploadId, PartNumber: at + 1, Body, ChecksumAlgorithm: algorithm };
      const { ETag, ChecksumSHA256, ChecksumCRC64NVME } = await main.send(new UploadPartCommand(part));
      parts.push({ PartNumber: at + 1, ETag, ChecksumSHA256, ChecksumCRC64NVME });
    }
    await main.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts: parts } }));
  }

  it('knows the CRC-64/NVME of an object where the store has it of all its bytes', async () => {
    const bytes = randomBytes(5 * MEBIBYTE + 999);
    const crc64nvme = digestOf(DigestAlgorithm.Crc64Nvme, bytes);
    const object = {
      Bucket: bucket.name,
      Key: 'crc64/one',
      // Ceph verifies and keeps a checksum only where its algorithm is named too.
      ChecksumAlgorithm: 'CRC64NVME' as const,
      ChecksumCRC64NVME: crc64nvme,
    };
    await bucket.clients.main.send(new PutObjectCommand({ ...object, Body: bytes }));
    await storeInParts('crc64/parts', bytes, 'CRC64NVME');
    for (const key of ['crc64/one', 'crc64/parts']) {
      expect((await bucket.storage.head(key))?.checksums).toEqual({ crc64nvme });
      const found = await bucket.storage.find(key);
      expect(found?.info.checksums).toEqual({ crc64nvme });
      found?.body.destroy();
    }
    const wrong = new PutObjectCommand({ ...object, Body: 'others' });
    await expect(bucket.clients.main.send(wrong)).rejects.toThrow();
  });

  it('takes no checksum of checksums for one of the object', async () => {
    await storeInParts('composite', randomBytes(6 * MEBIBYTE), 'SHA256');
    expect((await headOf('composite')).ChecksumType).toBe('COMPOSITE');
    expect((await bucket.storage.head('composite'))?.checksums).toEqual({});
  });

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
