import { AvailabilityState, type ObjectAvailability } from '../object-storage/index.js';

/** What HEAD and GET say of where an object lies and whether it is being thawed. */
export interface ArchiveHeaders {
  /** Absent for STANDARD. */
  readonly StorageClass?: string | undefined;
  /** `x-amz-restore`: `ongoing-request="true"`, or `ongoing-request="false", expiry-date="..."`. */
  readonly Restore?: string | undefined;
  /** `x-amz-archive-status`: the archive tier in which an object of INTELLIGENT_TIERING lies. */
  readonly ArchiveStatus?: string | undefined;
}

/** Classes whose objects cannot be read as they lie (S3 User Guide, "Archive storage classes"). GLACIER_IR is none of them. */
const ARCHIVE_CLASSES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** INTELLIGENT_TIERING archives by access: what it has thawed it moves back for good, and names no days. */
export const INTELLIGENT_TIERING = 'INTELLIGENT_TIERING';

export function readAvailability({ StorageClass, Restore, ArchiveStatus }: ArchiveHeaders): ObjectAvailability {
  const archived = ARCHIVE_CLASSES.has(StorageClass ?? '') || (ArchiveStatus ?? '') !== '';
  if (!archived) return { state: AvailabilityState.Available };
  if ((Restore ?? '').includes('ongoing-request="true"')) return { state: AvailabilityState.Thawing };
  const until = new Date(/expiry-date="([^"]+)"/.exec(Restore ?? '')?.[1] ?? '');
  return Number.isNaN(until.getTime())
    ? { state: AvailabilityState.Archived }
    : { state: AvailabilityState.Thawed, until };
}
