import { createHmac } from 'node:crypto';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  assertFormTerms,
  encodePostPolicy,
  type PresignPostOptions,
  type SignedForm,
} from '../object-storage/index.js';
import { translateS3Error } from './s3-errors.js';

export interface FormToSign extends PresignPostOptions {
  readonly bucket: string;
  readonly key: string;
  /** Cut to whole seconds; now where absent. */
  readonly signedAt?: Date;
}

/**
 * Signs a form (AWS, "Browser-based uploads using POST"), field by field as @aws-sdk/s3-presigned-post does. Nothing is asked
 * of the store. The form dies with the credentials that signed it.
 */
export async function signForm(client: S3Client, form: FormToSign): Promise<SignedForm> {
  const { bucket, key, contentType, expiresInSeconds, minSizeBytes, maxSizeBytes } = form;
  const signedAt = Math.floor((form.signedAt?.getTime() ?? Date.now()) / 1000) * 1000;
  assertFormTerms(key, form);
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await client.config.credentials();
    const time = new Date(signedAt).toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = [time.slice(0, 8), await client.config.region(), 's3', 'aws4_request'];
    const fields = {
      'Content-Type': contentType,
      success_action_status: '201',
      bucket,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': [accessKeyId, ...scope].join('/'),
      'X-Amz-Date': time,
      ...(sessionToken !== undefined && { 'X-Amz-Security-Token': sessionToken }),
      key,
    };
    const lasts = signedAt + expiresInSeconds * 1000;
    const expiresAt = new Date(Math.min(lasts, expiration?.getTime() ?? lasts));
    const policy = encodePostPolicy({ expiresAt, fields, minSizeBytes, maxSizeBytes });
    const signingKey = scope.reduce<string | Buffer>((signer, part) => hmac(signer, part), `AWS4${secretAccessKey}`);
    return {
      method: 'POST',
      url: await bucketUrl(client, bucket),
      fields: { ...fields, Policy: policy, 'X-Amz-Signature': hmac(signingKey, policy).toString('hex') },
      expiresAt,
    };
  } catch (error) {
    throw translateS3Error(error, { operation: 'presign', bucket, key: '' });
  }
}

/** As the client addresses the bucket: by path or by host. */
async function bucketUrl(client: S3Client, bucket: string): Promise<string> {
  const { origin, pathname } = new URL(await getSignedUrl(client, new ListObjectsV2Command({ Bucket: bucket })));
  return origin + pathname;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
