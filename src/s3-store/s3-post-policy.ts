import { createHmac } from 'node:crypto';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { StoreUnavailableError } from '../object-storage/index.js';

const MAX_BYTES = 8;
const LASTS_MS = 60_000;
const ANSWER_MS = 10_000;

/**
 * Sends two small forms under one POST policy (AWS, "Browser-based uploads using POST"), and says whether the store took
 * the one that fits and refused the one that is too large.
 */
export async function postPolicyIsEnforced(
  client: S3Client,
  { bucket, folder }: { readonly bucket: string; readonly folder: string },
): Promise<boolean> {
  const url = await bucketUrl(client, bucket);
  const fields = await signedFields(client, { bucket, key: `${folder}form.txt` });
  if (!(await accepts(url, fields, MAX_BYTES))) return false;
  return !(await accepts(url, fields, MAX_BYTES + 1));
}

async function accepts(url: string, fields: Readonly<Record<string, string>>, sizeBytes: number): Promise<boolean> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob(['x'.repeat(sizeBytes)]), 'form.txt');
  let answer: Response;
  try {
    answer = await fetch(url, { method: 'POST', body: form, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (error) {
    throw new StoreUnavailableError('PostObject', { cause: error });
  }
  await answer.body?.cancel();
  return answer.ok;
}

/** As the client addresses the bucket: by path or by host. */
async function bucketUrl(client: S3Client, bucket: string): Promise<string> {
  const { origin, pathname } = new URL(await getSignedUrl(client, new ListObjectsV2Command({ Bucket: bucket })));
  return origin + pathname;
}

async function signedFields(
  client: S3Client,
  { bucket, key }: { readonly bucket: string; readonly key: string },
): Promise<Record<string, string>> {
  const now = new Date();
  const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [time.slice(0, 8), await client.config.region(), 's3', 'aws4_request'];
  const fields = {
    key,
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': [accessKeyId, ...scope].join('/'),
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const conditions = [
    { bucket },
    ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
    ['content-length-range', 1, MAX_BYTES],
  ];
  const expiration = new Date(now.getTime() + LASTS_MS).toISOString();
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const signingKey = scope.reduce<string | Buffer>((signer, part) => hmac(signer, part), `AWS4${secretAccessKey}`);
  return { ...fields, policy, 'x-amz-signature': hmac(signingKey, policy).toString('hex') };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
