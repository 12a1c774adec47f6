import { once } from 'node:events';
import http, { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { sendContent } from './content-response.js';

const SIZE = 50_000_000;
const PIECE = Buffer.alloc(64 * 1024);

/** An endless source that counts what was taken from it. */
class Source extends Readable {
  taken = 0;

  constructor(private readonly breaksAt = Infinity) {
    super();
  }

  override _read(): void {
    if (this.taken >= this.breaksAt) {
      this.destroy(new Error('the store went away'));
      return;
    }
    this.taken += PIECE.length;
    this.push(PIECE);
  }
}

describe('sendContent', () => {
  let server: Server;
  let source: Source;
  let before: (response: ServerResponse) => Promise<unknown>;
  let outcome: Promise<unknown>;

  beforeAll(async () => {
    const app = express();
    app.use((_request, response) => {
      const plan = {
        kind: 'whole',
        headers: { 'Content-Length': String(SIZE) },
        range: { start: 0, end: SIZE - 1 },
      } as const;
      outcome = before(response)
        .then(() => sendContent(response, { plan, body: source }))
        .then(
          () => 'sent',
          (error: unknown) => error,
        );
    });
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    source = new Source();
    before = () => Promise.resolve();
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const get = async (): Promise<[http.ClientRequest, http.IncomingMessage]> => {
    const request = http.get({ port: (server.address() as AddressInfo).port, agent: false });
    request.on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.on('error', () => undefined);
    return [request, response];
  };

  it('breaks the connection when the source breaks, so that nobody takes a part for the whole', async () => {
    source = new Source(1_000_000);
    const [, response] = await get();
    expect(response.statusCode).toBe(200);
    response.resume();
    await new Promise((resolve) => response.once('close', resolve));
    expect(response.complete).toBe(false);
    expect(await outcome).toMatchObject({ message: 'the store went away' });
  });

  it('ends the source when the client goes', async () => {
    const [request, response] = await get();
    await once(response, 'data');
    request.destroy();
    expect(await outcome).toBe('sent');
    expect(source.destroyed).toBe(true);
  });

  it('ends the source when the client had gone before it was opened', async () => {
    before = (response) => once(response, 'close');
    const request = http.get({ port: (server.address() as AddressInfo).port, agent: false });
    request.on('error', () => undefined);
    await sleep(100);
    request.destroy();
    await sleep(100);
    expect(await outcome).toBe('sent');
    expect(source.destroyed).toBe(true);
  });

  it('takes no more from the source than the client takes', async () => {
    const [request, response] = await get();
    response.pause();
    await sleep(500);
    const taken = source.taken;
    await sleep(300);
    expect(source.taken).toBe(taken);
    expect(taken).toBeLessThan(SIZE / 2);
    request.destroy();
    await outcome;
  });
});
