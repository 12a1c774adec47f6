import type { RefusedFile } from '../availability/index.js';
import { DomainError, type DomainErrorOptions, type ErrorKind } from '../errors/index.js';

/** Files that an error names. */
const NAMED_FILES = 1000;

/** Posted content that is not what its name or route says. */
export class InvalidContentError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_CONTENT';
  constructor(reason: string, options?: DomainErrorOptions) {
    super(`The content cannot be kept: ${reason}.`, options);
  }
}

/** A result has to be made of an original of its own session. */
export class ForeignSourceError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'SOURCE_NOT_OF_SESSION';
  constructor(fileId: string, sessionId: string) {
    super(`File ${fileId} is no original of session ${sessionId}, so nothing here can be its result.`, {
      details: { sourceFileId: fileId },
    });
  }
}

export class SessionFileNotFoundError extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'SESSION_FILE_NOT_FOUND';
  constructor(sessionId: string, name: string) {
    super(`Session ${sessionId} has no ${name}.`);
  }
}

/** Nothing is known of the session: it has no stored file. */
export class SessionEmptyError extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'SESSION_EMPTY';
  constructor(sessionId: string) {
    super(`Session ${sessionId} has no stored file.`);
  }
}

export class SessionNotTrashedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'SESSION_NOT_TRASHED';
  constructor(sessionId: string) {
    super(`There is nothing in the trash that the deletion of session ${sessionId} put there.`);
  }
}

/** As many posts are held in memory as may. */
export class PostsBusyError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'POSTS_BUSY';
  constructor() {
    super('Many results and transcripts are being stored. Nothing was kept; send yours again shortly.', {
      retryAfterSeconds: 2,
    });
  }
}

/** Some files of a session cannot be read now, so none is sent. Kind and code are those of the first, by id. */
export class ArchiveRefusedError extends DomainError {
  readonly kind: ErrorKind;
  readonly code: string;
  constructor(sessionId: string, refused: readonly [RefusedFile, ...RefusedFile[]]) {
    const [{ reason }] = refused;
    const files = refused.slice(0, NAMED_FILES).map(({ fileId, reason: { code } }) => ({ fileId, code }));
    super(
      `Session ${sessionId} cannot be packed: ${refused.length} of its files cannot be read, see details.files. ${reason.message}`,
      { details: { files, fileCount: refused.length } },
    );
    this.kind = reason.kind;
    this.code = reason.code;
  }
}

/** The archive broke off: what was sent so far is no whole ZIP. For the log; the client sees its connection end. */
export class ArchiveBrokenError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'ARCHIVE_BROKEN';
  constructor(sessionId: string, options?: DomainErrorOptions) {
    super(`The archive of session ${sessionId} could not be sent to its end.`, options);
  }
}
