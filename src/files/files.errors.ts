import { DomainError } from '../errors/index.js';
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

export class InvalidFilenameError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_FILENAME';
  constructor() {
    super('The file has no usable name. Send one with an extension, such as interview.wav.');
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

/** Never the answer to a request: the name was to be one that nobody has had, and another is tried. */
export class NameTakenError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'NAME_TAKEN';
  constructor(placeKey: string) {
    super(`There is a file under ${placeKey} already.`);
  }
}
