import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { errorCode } from '../errors/index.js';
import type { MediaInput, MediaRange } from './media-input.js';
import { MediaInputUnavailableError } from './recordings.errors.js';

/** Below the range from which Linux takes the ports of outgoing connections (ip_local_port_range), so that none collides. */
const PORTS = { min: 20_000, end: 32_768 } as const;
const PORT_TRIES = 20;
const HOST = '127.0.0.1';

/** FFmpeg has one connection, and two for a moment when it jumps. */
const MAX_CONNECTIONS = 8;

export interface MediaInputServerOptions {
  /** How long the input may take to open, or to bring the next bytes. */
  readonly stallSeconds: number;
  /** Called once, when the input could not be read. */
  readonly onFailure: (error: MediaInputUnavailableError) => void;
}

/** Serves one input to one child: over HTTP with ranges, on the loopback address, under a path nobody can guess. */
export class MediaInputServer {
  private readonly server: Server;
  private readonly path = `/${randomBytes(24).toString('base64url')}`;
  private failed = false;

  private constructor(
    private readonly input: MediaInput,
    private readonly options: MediaInputServerOptions,
  ) {
    this.server = createServer((request, response) => {
      void this.answer(request, response);
    });
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  static async start(input: MediaInput, options: MediaInputServerOptions): Promise<MediaInputServer> {
    const started = new MediaInputServer(input, options);
    await listen(started.server);
    return started;
  }

  get url(): string {
    return `http://${HOST}:${(this.server.address() as AddressInfo).port}${this.path}`;
  }

  /** Ends every transfer and gives the port back. */
  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { sizeBytes } = this.input;
    if (request.url !== this.path) {
      response.writeHead(404).end();
      return;
    }
    const range = readRange(request.headers.range, sizeBytes);
    if (!range) {
      response.writeHead(416, { 'content-range': `bytes */${sizeBytes}` }).end();
      return;
    }
    const length = range.end - range.start + 1;
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      'accept-ranges': 'bytes',
      'content-length': length,
      'content-type': 'application/octet-stream',
      ...(request.headers.range !== undefined && {
        'content-range': `bytes ${range.start}-${range.end}/${sizeBytes}`,
      }),
    });
    if (request.method === 'HEAD' || length === 0) {
      response.end();
      return;
    }
    try {
      await this.send(range, response);
    } catch (error) {
      // The reader jumps about in the file by closing connections; only what the input did is a failure.
      if (!response.closed) this.fail(error);
      response.destroy();
    }
  }

  private async send(range: MediaRange, response: ServerResponse): Promise<void> {
    const hungUp = new AbortController();
    response.once('close', () => {
      hungUp.abort();
    });
    const opening = this.input.open(range);
    let body: Readable;
    try {
      body = await this.inTime(opening, hungUp.signal);
    } catch (error) {
      opening.then(destroy, () => undefined);
      throw error;
    }
    let missing = range.end - range.start + 1;
    try {
      const chunks = body.iterator() as AsyncIterableIterator<Buffer>;
      for (;;) {
        const next = await this.inTime(chunks.next(), hungUp.signal);
        if (next.done === true) break;
        missing -= next.value.length;
        if (missing < 0) break;
        if (!response.write(next.value)) await once(response, 'drain', { signal: hungUp.signal });
      }
    } finally {
      destroy(body);
    }
    if (missing !== 0) throw new Error(`The input sent ${missing > 0 ? 'fewer' : 'more'} bytes than the range has`);
    response.end();
  }

  /** The promise's outcome, unless the reader hangs up or the input stands still. */
  private async inTime<T>(promise: Promise<T>, hungUp: AbortSignal): Promise<T> {
    const { stallSeconds } = this.options;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        reject(new Error('The reader hung up'));
      };
      const timer = setTimeout(() => {
        reject(new Error(`The input brought nothing for ${stallSeconds} seconds`));
      }, stallSeconds * 1000);
      hungUp.addEventListener('abort', stop);
      if (hungUp.aborted) stop();
      void promise.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        hungUp.removeEventListener('abort', stop);
      });
    });
  }

  private fail(cause: unknown): void {
    if (this.failed) return;
    this.failed = true;
    this.options.onFailure(
      new MediaInputUnavailableError('The recording cannot be read from the store at the moment.', { cause }),
    );
  }
}

/** The bytes asked for; `undefined` where they lie outside. Of `Range`, the one form that FFmpeg sends is understood. */
export function readRange(header: string | undefined, sizeBytes: number): MediaRange | undefined {
  if (header === undefined) return { start: 0, end: sizeBytes - 1 };
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header);
  if (!match) return undefined;
  const start = Number(match[1]);
  const end = match[2] ? Math.min(Number(match[2]), sizeBytes - 1) : sizeBytes - 1;
  // A reader's first request asks for everything, also of nothing.
  if (sizeBytes === 0 && start === 0) return { start: 0, end: -1 };
  return start <= end ? { start, end } : undefined;
}

async function listen(server: Server): Promise<void> {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    try {
      server.listen(randomInt(PORTS.min, PORTS.end), HOST);
      await once(server, 'listening');
      return;
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE') throw error;
    }
  }
  server.listen(0, HOST);
  await once(server, 'listening');
}

function destroy(body: Readable): void {
  // What breaks while it is thrown away concerns nobody.
  body.on('error', () => undefined);
  body.destroy();
}
