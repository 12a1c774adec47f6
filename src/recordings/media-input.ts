import type { Readable } from 'node:stream';

/** An inclusive range of bytes. */
export interface MediaRange {
  readonly start: number;
  readonly end: number;
}

/** A recording as bytes that can be read from anywhere in it, more than once and at the same time. */
export interface MediaInput {
  readonly sizeBytes: number;
  /**
   * Opens exactly the bytes of the range, which lies within the size. A rejection, an error of the stream or a stream of
   * another length means that the recording cannot be read now: the work ends with `MediaInputUnavailableError`.
   */
  open(range: MediaRange): Promise<Readable>;
}
