import { defineEntity, p } from '@mikro-orm/core';

/** `open -> completed | rejected | aborted | expired`. */
export const UploadStatus = {
  Open: 'open',
  Completed: 'completed',
  /** What was sent is not what may be stored. */
  Rejected: 'rejected',
  /** Its sender gave it up. */
  Aborted: 'aborted',
  /** Nobody finished it in time. */
  Expired: 'expired',
} as const;
export type UploadStatus = (typeof UploadStatus)[keyof typeof UploadStatus];

/**
 * How the bytes come to the store. `single`: one PUT; `form`: one POST of a browser's form, which lands beside the file's key and
 * is copied; `multipart`: parts, by their sender; `relay`: parts, by the service, from what reaches it.
 */
export const UploadStrategy = { Single: 'single', Form: 'form', Multipart: 'multipart', Relay: 'relay' } as const;
export type UploadStrategy = (typeof UploadStrategy)[keyof typeof UploadStrategy];

/** Which contract the sender speaks. */
export const UploadProtocol = { Rest: 'rest', Uppy: 'uppy', Tus: 'tus' } as const;
export type UploadProtocol = (typeof UploadProtocol)[keyof typeof UploadProtocol];

/** Why an upload ended that never came to be open: nobody was told of it. */
export const NOT_OPENED = 'NOT_OPENED';

const UploadSchema = defineEntity({
  name: 'Upload',
  tableName: 'upload',
  properties: {
    id: p.uuid().primary(),
    fileId: p.uuid().unique(),
    protocol: p.enum(() => UploadProtocol),
    strategy: p.enum(() => UploadStrategy),
    kind: p.string().length(64),
    /** The file's. */
    key: p.string().length(1024),
    /** Where a form lands. */
    stagedKey: p.string().length(1024).nullable(),
    /** The store's name of a multipart upload; null until it was opened there. */
    storeUploadId: p.string().length(1024).nullable(),
    declaredSizeBytes: p.bigint('number').nullable(),
    maxSizeBytes: p.bigint('number'),
    partSizeBytes: p.bigint('number').nullable(),
    /** Null where the sender chooses the size of the parts. */
    partCount: p.integer().nullable(),
    checksumAlgorithm: p.string().length(16).nullable(),
    checksumValue: p.string().length(128).nullable(),
    /** Whose it is: nobody else may see or change it. */
    principalId: p.string().length(64),
    status: p.enum(() => UploadStatus),
    /** Of one that did not come to be: the code of the error. */
    reason: p.string().length(64).nullable(),
    /** Until when a URL that was handed out may still write. */
    writableUntil: p.datetime().nullable(),
    createdAt: p.datetime(),
    /** Put off by whatever its sender asks of it. */
    expiresAt: p.datetime(),
    /** When the reaper looks at it next. */
    nextCheckAt: p.datetime().nullable(),
    settledAt: p.datetime().nullable(),
    /** When what lay beside the key was removed for good. */
    clearedAt: p.datetime().nullable(),
  },
});

/** A file on its way to the store without passing through the service, or in pieces. */
export class Upload extends UploadSchema.class {
  isOpen(): boolean {
    return this.status === UploadStatus.Open;
  }

  /** The highest part number that may be asked for: no part but the last has less than 5 MiB (S3). */
  maxPartNumber(): number {
    return Math.min(10_000, this.partCount ?? Math.ceil(this.maxSizeBytes / (5 * 1024 * 1024)));
  }
}
UploadSchema.setClass(Upload);
