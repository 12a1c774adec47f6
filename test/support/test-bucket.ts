import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { S3Clients, type S3Config, type S3Timeouts } from '../../src/s3/index.js';
import { S3ObjectStorage, type S3StorageOptions } from '../../src/s3-store/s3-object-storage.js';

const MEBIBYTE = 1024 * 1024;

/** A real S3 (test/tools/ceph-s3 brings one up), with the account that tool makes unless the environment names another. */
export const TEST_S3_ENDPOINT = process.env['TEST_S3_ENDPOINT'];
export const WHY_SKIPPED = 'TEST_S3_ENDPOINT names no S3 server';

export function testS3Config(endpoint = TEST_S3_ENDPOINT): S3Config {
  return {
    region: process.env['AWS_REGION'] ?? 'us-east-1',
    endpoint,
    forcePathStyle: true,
    credentials: {
      accessKeyId: process.env['TEST_S3_ACCESS_KEY_ID'] ?? 'TESTKEY',
      secretAccessKey: process.env['TEST_S3_SECRET_ACCESS_KEY'] ?? 'TESTSECRET',
    },
    credentialsRequired: true,
  };
}

export interface TestBucket {
  readonly name: string;
  readonly storage: S3ObjectStorage;
  readonly clients: S3Clients;
  /** The same bucket by way of another address, such as a proxy's. */
  through(endpoint: string, timeouts?: S3Timeouts): { readonly storage: S3ObjectStorage; readonly clients: S3Clients };
  /** Empties and removes it. */
  close(): Promise<void>;
}

/** A bucket of this run's own. */
export async function openTestBucket(options: Partial<S3StorageOptions> = {}): Promise<TestBucket> {
  const name = `test-${randomBytes(8).toString('hex')}`;
  const storageOptions = {
    multipartThresholdBytes: 5 * MEBIBYTE,
    multipartPartSizeBytes: 5 * MEBIBYTE,
    ...options,
    bucket: name,
  };
  const opened: S3Clients[] = [];
  const open = (endpoint: string | undefined, timeouts?: S3Timeouts) => {
    const clients = new S3Clients(testS3Config(endpoint), timeouts);
    opened.push(clients);
    return { clients, storage: new S3ObjectStorage(clients, storageOptions) };
  };
  const direct = open(TEST_S3_ENDPOINT);
  await direct.clients.main.send(new CreateBucketCommand({ Bucket: name }));
  return {
    name,
    ...direct,
    through: open,
    async close() {
      await emptyBucket(direct.storage);
      await direct.clients.main.send(new DeleteBucketCommand({ Bucket: name }));
      for (const clients of opened) clients.destroy();
    },
  };
}

async function emptyBucket(storage: S3ObjectStorage): Promise<void> {
  for (const upload of (await storage.listUploads()).uploads) await storage.abortMultipart(upload);
  for (;;) {
    const { objects } = await storage.list();
    if (objects.length === 0) return;
    await storage.deleteMany(objects.map((object) => object.key));
  }
}
