import { DomainError } from '../errors/index.js';
import type { ObjectInfo } from '../storage/index.js';

export class NotLinkableError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'NOT_LINKABLE';
  constructor(kind: string) {
    super(`Files of kind ${kind} are not given out by link.`);
  }
}

/** The object lies in an archive class: nobody can read it before it is thawed. */
export class FileArchivedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'ARCHIVED';
  constructor(
    fileId: string,
    { storageClass, availability, cause }: Pick<ObjectInfo, 'storageClass' | 'availability'> & ErrorOptions,
  ) {
    const how = `POST /v1/files/${fileId}/thaw`;
    super(
      availability.state === 'thawing'
        ? `File ${fileId} is archived (${storageClass}) and being thawed. GET /v1/files/${fileId} says when it can be read.`
        : `File ${fileId} is archived (${storageClass}). Have it thawed first: ${how}.`,
      { cause, details: { fileId, storageClass, availability: availability.state, how } },
    );
  }
}

/** The object is there, and is not what it should be; it is kept for whoever finds out why. */
export class FileQuarantinedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'FILE_QUARANTINED';
  constructor(id: string) {
    super(`File ${id} is in quarantine, and not given out.`);
  }
}

export interface RefusedFile {
  readonly fileId: string;
  readonly reason: DomainError;
}
