import { S3Clients } from '../../src/s3/index.js';
import { S3BucketSetup } from '../../src/s3-store/s3-bucket-setup.js';
import type { Target } from './target.js';
import { testS3Config } from './test-bucket.js';

/** Lets pages of this origin speak to the store: the variable for the service, and the rules of the bucket. */
export async function allowOrigin(target: Target, origin: string): Promise<void> {
  if (target.kind !== 's3') return;
  const clients = new S3Clients(testS3Config());
  const setup = new S3BucketSetup(clients, testS3Config(), target.env['S3_BUCKET_NAME'] ?? '');
  await setup.ensure({ corsOrigins: [origin] });
  clients.destroy();
}
