import type { S3Client } from '@aws-sdk/client-s3';
import { type SignedForm, StoreUnavailableError } from '../object-storage/index.js';
import { signForm } from './s3-form.js';

const MAX_BYTES = 8;
const LASTS_SECONDS = 60;
const ANSWER_MS = 10_000;

/** Sends two small forms under one policy, and says whether the store took the one that fits and refused the other. */
export async function postPolicyIsEnforced(
  client: S3Client,
  { bucket, folder }: { readonly bucket: string; readonly folder: string },
): Promise<boolean> {
  const form = await signForm(client, {
    bucket,
    key: `${folder}form.txt`,
    contentType: 'text/plain',
    expiresInSeconds: LASTS_SECONDS,
    minSizeBytes: 1,
    maxSizeBytes: MAX_BYTES,
  });
  if (!(await accepts(form, MAX_BYTES))) return false;
  return !(await accepts(form, MAX_BYTES + 1));
}

async function accepts({ method, url, fields }: SignedForm, sizeBytes: number): Promise<boolean> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', new Blob(['x'.repeat(sizeBytes)]), 'form.txt');
  let answer: Response;
  try {
    answer = await fetch(url, { method, body, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (error) {
    throw new StoreUnavailableError('PostObject', { cause: error });
  }
  await answer.body?.cancel();
  return answer.ok;
}
