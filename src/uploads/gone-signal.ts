import type { Request } from 'express';
import { UploadInterruptedError } from '../intake/index.js';

/** Aborted when the sender goes away before the request has come whole. */
export function goneSignal(request: Request): AbortSignal {
  const gone = new AbortController();
  request.once('close', () => {
    if (!request.complete) gone.abort(new UploadInterruptedError());
  });
  return gone.signal;
}
