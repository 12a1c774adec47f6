import { FileKind, RetentionClass } from '../storage/index.js';

/** The largest object of S3. */
const MAX_OBJECT_BYTES = 5 * 1024 ** 4;

/** What the platform is brought back from. */
export const backup = new FileKind({
  name: 'backup',
  keyTemplate: 'backups/{backupArea}/{date}/{backupName}.{ext}',
  ifTaken: 'suffix',
  accepts: ['.sql', '.gz', '.json'],
  maxSizeBytes: MAX_OBJECT_BYTES,
  retentionClass: RetentionClass.Backup,
  linkable: false,
});

/** Logs that were taken out of the service, by day. */
export const log = new FileKind({
  name: 'log',
  keyTemplate: 'logs/{logArea}/{date}/{logName}-{timestamp}.json',
  ifTaken: 'suffix',
  accepts: ['.json'],
  maxSizeBytes: MAX_OBJECT_BYTES,
  retentionClass: RetentionClass.Log,
  linkable: false,
});
