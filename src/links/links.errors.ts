import type { RefusedFile } from '../availability/index.js';
import { DomainError, type ErrorKind } from '../errors/index.js';

/** The server that would answer the link does not look at the reader's address. */
export class AddressNotEnforceableError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'ADDRESS_NOT_ENFORCEABLE';
  constructor(servedBy: string) {
    super(`Links of this installation are served by ${servedBy}, which cannot hold them to an address. Leave out ip.`, {
      details: { servedBy },
    });
  }
}

/** The server that would answer the link knows no time before which it is closed. */
export class StartNotEnforceableError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'START_NOT_ENFORCEABLE';
  constructor(servedBy: string) {
    super(`Links of this installation are served by ${servedBy} and work at once. Leave out startsAt.`, {
      details: { servedBy },
    });
  }
}

export class LinkNeverOpenError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'LINK_NEVER_OPEN';
  constructor(expiresAt: Date) {
    super(`startsAt must be before the link ends, which is at ${expiresAt.toISOString()}.`, {
      details: { expiresAt: expiresAt.toISOString() },
    });
  }
}

/** A repetition gets what ends when the first one did, and that is over. */
export class LinkEndedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'LINK_ENDED';
  constructor(expiresAt: Date) {
    super(
      `What was given out under this Idempotency-Key ended at ${expiresAt.toISOString()}. Ask again with another Idempotency-Key.`,
      { details: { expiresAt: expiresAt.toISOString() } },
    );
  }
}

export class LinkTooLongError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'LINK_TOO_LONG';
  constructor(maxSeconds: number) {
    super(`A link lasts at most ${maxSeconds} seconds here. Ask for a smaller expiresInSeconds.`, {
      details: { maxSeconds },
    });
  }
}

/** Some files of a batch cannot be linked, so none is. Kind and code are those of the first. */
export class LinksRefusedError extends DomainError {
  readonly kind: ErrorKind;
  readonly code: string;
  constructor(refused: readonly [RefusedFile, ...RefusedFile[]]) {
    const [{ reason }] = refused;
    const files = refused.map(({ fileId, reason: { code } }) => ({ fileId, code }));
    super(`No link was made: ${files.length} of the files cannot have one, see details.files. ${reason.message}`, {
      details: { files },
    });
    this.kind = reason.kind;
    this.code = reason.code;
  }
}
