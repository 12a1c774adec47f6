import { DomainError } from '../errors/index.js';

/**
 * What media work can end with. `unprocessable` is a fact about the recording, which another try will not change;
 * `unavailable` is a fact about the moment.
 */
export class MediaUnreadableError extends DomainError {
  override readonly kind = 'unprocessable';
  override readonly code = 'MEDIA_UNREADABLE';
}

/** The file is readable and has no sound in it: a silent film, as it were. */
export class NoAudioStreamError extends DomainError {
  override readonly kind = 'unprocessable';
  override readonly code = 'NO_AUDIO_STREAM';
}

/** The work took longer than it may, on the clock or on the processor. */
export class MediaTimeoutError extends DomainError {
  override readonly kind = 'unprocessable';
  override readonly code = 'MEDIA_TIMEOUT';
}

export class MediaMemoryError extends DomainError {
  override readonly kind = 'unprocessable';
  override readonly code = 'MEDIA_MEMORY_LIMIT';
}

/** The child wrote more than it may, or something that is not its protocol. */
export class MediaOutputError extends DomainError {
  override readonly kind = 'unprocessable';
  override readonly code = 'MEDIA_OUTPUT_LIMIT';
}

/**
 * The child ended without an answer. A hostile file may do that each time, a machine short of memory once: worth another
 * try, not endless ones.
 */
export class MediaCrashedError extends DomainError {
  override readonly kind = 'unavailable';
  override readonly code = 'MEDIA_CRASHED';
}

/** The recording's bytes could not be read now; nothing is said about the recording itself. */
export class MediaInputUnavailableError extends DomainError {
  override readonly kind = 'unavailable';
  override readonly code = 'MEDIA_INPUT_UNAVAILABLE';
}
