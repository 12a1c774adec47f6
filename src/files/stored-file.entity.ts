import { defineEntity, p } from '@mikro-orm/core';
import { AvailabilityState } from '../storage/index.js';

/** `pending -> stored -> trashed -> purging -> (row gone)`; `pending -> rejected -> purging`. */
export const FileStatus = {
  Pending: 'pending',
  Stored: 'stored',
  Trashed: 'trashed',
  Purging: 'purging',
  Rejected: 'rejected',
} as const;
export type FileStatus = (typeof FileStatus)[keyof typeof FileStatus];

/** Of a stored file: whether its object is known to be there and whole. */
export const FileCondition = { Ok: 'ok', Missing: 'missing', Quarantined: 'quarantined' } as const;
export type FileCondition = (typeof FileCondition)[keyof typeof FileCondition];

/** Where processing of a file stands; null on the record where nothing processes it. */
export const ProcessingStatus = {
  Queued: 'queued',
  Running: 'running',
  Done: 'done',
  Failed: 'failed',
  Cancelled: 'cancelled',
} as const;
export type ProcessingStatus = (typeof ProcessingStatus)[keyof typeof ProcessingStatus];

/** Who compared a checksum with the bytes. `client`: told us what it had to be; `service`: computed it; `store`: computed it. */
export const Verifier = { Client: 'client', Service: 'service', Store: 'store' } as const;
export type Verifier = (typeof Verifier)[keyof typeof Verifier];

/** A checksum of a whole file. */
export interface FileChecksum {
  /** As S3 names it: SHA256, CRC32, CRC64NVME. */
  readonly algorithm: string;
  /** Base64, as S3 writes checksums. */
  readonly value: string;
}

/** That a checksum of a stored file is that of its bytes, by whose word, since when. */
export interface FileVerification extends FileChecksum {
  readonly by: Verifier;
  /** ISO 8601. */
  readonly at: string;
}

const StoredFileSchema = defineEntity({
  name: 'StoredFile',
  tableName: 'stored_file',
  properties: {
    /** UUIDv7: the order of ids is the order of creation. */
    id: p.uuid().primary(),
    kind: p.string().length(64),
    /** Null for the main file; of the others of a set, which one: `thumbnail`. Their `sourceFileId` is the main file. */
    variant: p.string().length(32).nullable(),
    bucket: p.string().length(63),
    key: p.string().length(1024).unique(),
    originalFilename: p.string().length(255),
    /** Found in the bytes, never the client's word. */
    contentType: p.string().length(128),
    sizeBytes: p.bigint('number').nullable(),
    /** Of a pending file: what is set aside for it of the quotas; null where they do not bound it. Means nothing afterwards. */
    reservedBytes: p.bigint('number').nullable(),
    etag: p.string().length(128).nullable(),
    checksumAlgorithm: p.string().length(16).nullable(),
    /** Base64, as S3 writes checksums. */
    checksumValue: p.string().length(128).nullable(),
    /** Who vouches for the bytes, oldest first. */
    verifications: p.json<readonly FileVerification[]>().default([]),
    status: p.enum(() => FileStatus),
    condition: p.enum(() => FileCondition),
    /** Fencing number: who was overtaken changes nothing. */
    attempt: p.integer(),
    /** Until when the sender of a pending file is taken to be alive; also the claim of who purges. */
    leaseUntil: p.datetime().nullable(),
    sessionId: p.string().length(64).nullable(),
    documentId: p.string().length(64).nullable(),
    ownerId: p.string().length(64).nullable(),
    sourceFileId: p.uuid().nullable(),
    metadata: p.json<Readonly<Record<string, string>>>(),
    tags: p.json<Readonly<Record<string, string>>>(),
    /** What the store last said: refreshed whenever it is asked about the object. */
    storageClass: p.string().length(32),
    availability: p.enum(() => AvailabilityState).default(AvailabilityState.Available),
    /** Of a thawed object: when it is archived again. */
    availableUntil: p.datetime().nullable(),
    /** When the store was last asked how far a thaw is. */
    availabilityAskedAt: p.datetime().nullable(),
    processingStatus: p.enum(() => ProcessingStatus).nullable(),
    /** Of a revision of a place: the place, and which revision. */
    placeKey: p.string().length(1024).nullable(),
    revisionId: p.uuid().nullable(),
    rejectedReason: p.string().length(64).nullable(),
    /** Until when what somebody else may write under the key can still arrive: the object is not removed for good before. */
    writableUntil: p.datetime().nullable(),
    createdBy: p.string().length(64),
    createdAt: p.datetime(),
    storedAt: p.datetime().nullable(),
    trashedAt: p.datetime().nullable(),
    /** The source whose deletion took this result along; its restoring brings it back. */
    trashedWithId: p.uuid().nullable(),
    /** The deletion of a whole session that took this file; the session's restoring brings it back. */
    trashedIn: p.uuid().nullable(),
    /** Of a revision that another one sent to the trash: that one's main file. */
    replacedById: p.uuid().nullable(),
  },
});

/** One file: its record, from before the first byte is sent until after the object is gone. */
export class StoredFile extends StoredFileSchema.class {
  isStored(): boolean {
    return this.status === FileStatus.Stored;
  }

  /** The main file of the set that this one belongs to: itself, for most. */
  mainId(): string {
    return this.variant != null && this.sourceFileId != null ? this.sourceFileId : this.id;
  }

  /** Whether the file is on its way out for good, so that deleting it again changes nothing. */
  isGone(): boolean {
    return (
      this.status === FileStatus.Trashed || this.status === FileStatus.Purging || this.status === FileStatus.Rejected
    );
  }
}
StoredFileSchema.setClass(StoredFile);
