import { finished, type Readable } from 'node:stream';

/**
 * Hands every chunk of a stream to `take`, waiting where it returns a promise. Rejects with the stream's own error, with
 * what `take` threw, or with the signal's reason at once, even while nothing arrives.
 *
 * The stream is left paused and not destroyed on failure: it may be a request whose sender is still to be answered.
 */
export function readBody(
  body: Readable,
  take: (chunk: Uint8Array) => Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let settled = false;
    /** A stream may end while its last chunk, on which it was paused, is still being taken. */
    let pending: Promise<void> | undefined;
    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      signal.removeEventListener('abort', onAbort);
      body.off('data', onData);
      stopWatching();
      finish();
    };
    const fail = (error: unknown): void => {
      settle(() => {
        body.pause();
        // The error of a body that nobody reads any more must not end the process.
        body.on('error', ignore);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is what it is
        reject(error);
      });
    };
    const onAbort = (): void => {
      fail(signal.reason);
    };
    const onData = (data: unknown): void => {
      try {
        const waiting = take(toBytes(data));
        if (waiting === undefined) return;
        pending = waiting;
        body.pause();
        waiting.then(() => {
          if (!settled) body.resume();
        }, fail);
      } catch (error) {
        fail(error);
      }
    };
    const stopWatching = finished(body, { writable: false }, (error) => {
      if (error) fail(error);
      else if (pending === undefined) settle(resolve);
      else
        pending.then(() => {
          settle(resolve);
        }, fail);
    });

    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort);
    body.on('data', onData);
  });
}

function toBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (typeof data === 'string') return Buffer.from(data);
  throw new TypeError('A body is a stream of bytes.');
}

function ignore(): void {
  // Said above.
}
