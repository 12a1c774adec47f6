import { RestoreObjectCommand } from '@aws-sdk/client-s3';
import {
  AvailabilityState,
  NotArchivedError,
  ObjectMissingError,
  type ThawOptions,
  ThawTierError,
  ThawUnsupportedError,
} from '../object-storage/index.js';
import { INTELLIGENT_TIERING } from './s3-archive.js';
import type { S3Bucket } from './s3-bucket.js';
import { s3Code } from './s3-errors.js';

/** Asks S3 to restore an archived object; what it says of one that needs no restoring is told apart from a refusal. */
export async function thawObject(
  bucket: S3Bucket,
  { key, days, tier }: ThawOptions & { readonly key: string },
): Promise<void> {
  const info = await bucket.head(key);
  if (!info) throw new ObjectMissingError(key);
  const { storageClass, availability } = info;
  if (availability.state === AvailabilityState.Available) throw new NotArchivedError(storageClass);
  const command = new RestoreObjectCommand({
    Bucket: bucket.name,
    Key: key,
    RestoreRequest: {
      ...(storageClass !== INTELLIGENT_TIERING && { Days: days }),
      GlacierJobParameters: { Tier: tier },
    },
  });
  try {
    await bucket.ask('RestoreObject', { key }, bucket.client.send(command));
  } catch (error) {
    switch (s3Code(error)) {
      case 'RestoreAlreadyInProgress':
        return;
      case 'InvalidObjectState':
      case 'ObjectAlreadyInActiveTierError':
        throw new NotArchivedError(storageClass, { cause: error });
      case 'InvalidArgument':
        throw new ThawTierError(tier, { cause: error });
      case 'NotImplemented':
      case 'MethodNotAllowed':
      case 'NotSupported':
        throw new ThawUnsupportedError({ cause: error });
      default:
        throw error;
    }
  }
}
