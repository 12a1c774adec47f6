import type { MediaFaultCode } from './media-job.js';

/** Ends a job in the child with an answer for the parent; anything else that is thrown there counts as a crash. */
export class MediaFault extends Error {
  constructor(
    readonly code: MediaFaultCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'MediaFault';
  }
}
