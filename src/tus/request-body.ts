import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

/**
 * The body of a request, read as it is asked for: nothing is taken, and no `100 Continue` sent, before somebody reads. A
 * connection that breaks ends it, so that what arrived is kept. Giving the stream up leaves the request alive for its answer.
 */
export function bodyOf(request: IncomingMessage): ReadableStream<Uint8Array> {
  const body = new PassThrough();
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let isFlowing = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!isFlowing) {
          isFlowing = true;
          // Its sender may have left before anybody read: `close` comes once.
          if (request.destroyed) body.end();
          else {
            request.pipe(body);
            request.once('close', () => body.end());
          }
        }
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel() {
        request.unpipe(body);
        body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
