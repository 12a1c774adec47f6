import { DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { DomainError } from '../errors/index.js';
import { type DeleteManyResult, type ListOptions, MAX_PAGE, type ObjectPage } from '../object-storage/index.js';
import { unquote, type S3Bucket } from './s3-bucket.js';

/** DeleteObjects requests at once: at 40 ms a request, eight are twelve times as fast as one. */
const DELETES_IN_FLIGHT = 8;

/** One page of the bucket, by the UTF-8 bytes of the keys. */
export async function listObjects(bucket: S3Bucket, options: ListOptions): Promise<ObjectPage> {
  const command = new ListObjectsV2Command({
    Bucket: bucket.name,
    // XML has no way to write some characters that foreign keys hold.
    EncodingType: 'url',
    MaxKeys: options.limit ?? MAX_PAGE,
    ...(options.prefix !== undefined && { Prefix: options.prefix }),
    ...(options.startAfter !== undefined && { StartAfter: options.startAfter }),
  });
  const output = await bucket.ask('ListObjectsV2', { key: options.prefix ?? '' }, bucket.client.send(command));
  const objects = (output.Contents ?? []).map((object) => ({
    key: decodeKey(object.Key ?? '', output.EncodingType),
    sizeBytes: object.Size ?? 0,
    etag: unquote(object.ETag),
    lastModified: object.LastModified ?? new Date(0),
    storageClass: object.StorageClass ?? 'STANDARD',
  }));
  const last = objects.at(-1);
  return { objects, ...(output.IsTruncated === true && last && { nextStartAfter: last.key }) };
}

/** A key as a listing with EncodingType url writes it: form encoding, in which a plus is a space. */
export function decodeKey(text: string, encoding: string | undefined): string {
  return encoding === 'url' ? decodeURIComponent(text.replaceAll('+', '%20')) : text;
}

/**
 * Deletes in requests of 1,000. A request that fails as a whole counts for each of its keys, so that what others did is
 * still told; when every one fails, their error is thrown.
 */
export async function deleteObjects(bucket: S3Bucket, keys: readonly string[]): Promise<DeleteManyResult> {
  const batches = inBatches([...new Set(keys)], MAX_PAGE);
  const results: DeleteManyResult[] = [];
  const errors: DomainError[] = [];
  const next = batches.values();
  const work = async (): Promise<void> => {
    for (const batch of next) {
      try {
        results.push(await deleteBatch(bucket, batch));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        errors.push(error);
        const { code, message } = error;
        results.push({ deleted: [], failed: batch.map((key) => ({ key, code, message })) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(DELETES_IN_FLIGHT, batches.length) }, work));
  if (errors[0] !== undefined && errors.length === batches.length) throw errors[0];
  return {
    deleted: results.flatMap((result) => result.deleted),
    failed: results.flatMap((result) => result.failed),
  };
}

async function deleteBatch(bucket: S3Bucket, keys: readonly string[]): Promise<DeleteManyResult> {
  const command = new DeleteObjectsCommand({
    Bucket: bucket.name,
    Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
  });
  const output = await bucket.ask('DeleteObjects', { key: keys[0] ?? '' }, bucket.client.send(command));
  const failed = (output.Errors ?? []).map((error) => ({
    key: error.Key ?? '',
    code: error.Code ?? 'Unknown',
    message: error.Message ?? '',
  }));
  const failedKeys = new Set(failed.map((failure) => failure.key));
  return { deleted: keys.filter((key) => !failedKeys.has(key)), failed };
}

function inBatches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
