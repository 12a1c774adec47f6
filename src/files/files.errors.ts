import { DomainError, type DomainErrorOptions } from '../errors/index.js';
import type { ObjectInfo } from '../storage/index.js';
import type { FileStatus } from './stored-file.entity.js';

export class FileNotFoundError extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'FILE_NOT_FOUND';
  constructor(id: string) {
    super(`There is no file ${id}.`);
  }
}

export class FileTrashedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'FILE_TRASHED';
  constructor(id: string) {
    super(`File ${id} is in the trash. Restore it first: POST /v1/files/${id}/restore.`);
  }
}

export class FileNotStoredError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'FILE_NOT_STORED';
  constructor(id: string, status: FileStatus) {
    super(`File ${id} is ${status}, not stored.`, { details: { status } });
  }
}

export class FileNotTrashedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'FILE_NOT_TRASHED';
  constructor(id: string) {
    super(`File ${id} is not in the trash.`);
  }
}

/** A result does not come back without its source. */
export class SourceTrashedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'SOURCE_TRASHED';
  constructor(sourceId: string) {
    super(`This file belongs to file ${sourceId}, which is not stored. Restore that one first.`, {
      details: { sourceFileId: sourceId },
    });
  }
}

export class FileTooLargeError extends DomainError {
  readonly kind = 'too-large';
  readonly code = 'FILE_TOO_LARGE';
  constructor(maxSizeBytes: number) {
    super(`The file is larger than the ${maxSizeBytes} bytes accepted here.`, { details: { maxSizeBytes } });
  }
}

export class EmptyFileError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'EMPTY_FILE';
  constructor() {
    super('The file has no bytes.');
  }
}

export class InvalidFilenameError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_FILENAME';
  constructor() {
    super('The file has no usable name. Send one with an extension, such as interview.wav.');
  }
}

/** The bucket holds an object of somebody else under the key that the file was to get. */
export class KeyOccupiedError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'KEY_OCCUPIED';
  constructor(options?: DomainErrorOptions) {
    super('The place of this file in the bucket turned out to be taken. Send it again: it gets another.', {
      ...options,
      retryAfterSeconds: 1,
    });
  }
}

/** The sender's connection ended before the file did. */
export class UploadInterruptedError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UPLOAD_INTERRUPTED';
  constructor(options?: DomainErrorOptions) {
    super('The upload ended before the file did. Nothing was kept; send it again.', options);
  }
}

/** The sender's lease ran out and the sweeper decided, or another attempt took over. */
export class FileLostError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'UPLOAD_EXPIRED';
  constructor() {
    super('The upload stood still for too long and was given up. Send the file again.', { retryAfterSeconds: 1 });
  }
}

/** What the store says it has is not what was sent. */
export class ObjectDiffersError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'OBJECT_DIFFERS';
  constructor(what: string) {
    super(`The object store did not keep the file as it was sent (${what}). Nothing was kept; send it again.`);
  }
}

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

export class ExtensionChangedError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'EXTENSION_CHANGED';
  constructor(extension: string) {
    super(`The name has to keep its extension, ${extension}: it says what the file is.`, { details: { extension } });
  }
}

export class TooManyEntriesError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'TOO_MANY_ENTRIES';
  constructor(field: string, max: number) {
    super(`A file has at most ${max} ${field}. Remove some with null.`, { details: { field, max } });
  }
}

export class InvalidCursorError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_CURSOR';
  constructor() {
    super('This cursor is not one that a list gave. Begin again without it.');
  }
}

/** Without a scope these filters would mean reading every file there is. */
export class FilterNeedsScopeError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'FILTER_NEEDS_SCOPE';
  constructor(filters: readonly string[], addOneOf: readonly string[]) {
    super(`No index serves ${filters.join(', ')} without one of ${addOneOf.join(', ')}: add one of these.`, {
      details: { filters, addOneOf },
    });
  }
}

/** Never the answer to a request: the name was to be one that nobody has had, and another is tried. */
export class NameTakenError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'NAME_TAKEN';
  constructor(placeKey: string) {
    super(`There is a file under ${placeKey} already.`);
  }
}
