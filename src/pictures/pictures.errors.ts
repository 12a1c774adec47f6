import { DomainError, type DomainErrorOptions } from '../errors/index.js';

export class PictureNotFoundError extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'PICTURE_NOT_FOUND';
  constructor(options?: DomainErrorOptions) {
    super('There is no picture here.', options);
  }
}

/** The bytes are not a whole picture of the format that they begin with. */
export class PictureUnreadableError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'PICTURE_UNREADABLE';
  constructor(reason: string, options?: DomainErrorOptions) {
    super('The picture is damaged, or is not what its first bytes say. Save it anew and send it again.', {
      ...options,
      details: { reason },
    });
  }
}

export class PictureTooLargeError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'PICTURE_TOO_LARGE';
  constructor(size: string, maxPixels: number) {
    super(`The picture has more than the ${maxPixels / 1_000_000} million pixels that are accepted: make it smaller.`, {
      details: { size, maxPixels },
    });
  }
}

/** Decoding took more time or memory than a picture is worth. */
export class PictureTooComplexError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'PICTURE_TOO_COMPLEX';
  constructor(what: string) {
    super(`The picture takes too much ${what} to decode. Make it smaller, or save it anew.`, {
      details: { limit: what },
    });
  }
}

export class PictureTooSlowError extends DomainError {
  readonly kind = 'timeout';
  readonly code = 'PICTURE_TOO_SLOW';
  constructor(seconds: number) {
    super(`The picture did not arrive within ${seconds} seconds. Nothing was kept; send it again, or a smaller one.`);
  }
}

/** As many pictures wait as may. */
export class PicturesBusyError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'PICTURES_BUSY';
  constructor() {
    super('Many pictures are being worked on. Nothing was kept; send yours again shortly.', { retryAfterSeconds: 2 });
  }
}

/** The process for the work ended without an answer, and not by the picture's fault as far as anybody can tell. */
export class PictureWorkFailedError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'PICTURE_WORK_FAILED';
  constructor(options?: DomainErrorOptions) {
    super('The picture could not be worked on. Nothing was kept; send it again shortly.', options);
  }
}
