import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What went through to the service. */
export interface PassedRequest {
  readonly method: string;
  readonly uploadOffset: string | undefined;
  bodyBytes: number;
}

/**
 * Stands before the service, counts what passes, and lets no more of all bodies through than it was told: then the connection
 * stays open, and nothing moves on it.
 */
export class GatedProxy {
  readonly passed: PassedRequest[] = [];
  /** Where requests go. */
  target = '';
  private allowedBytes = Infinity;
  private passedBytes = 0;
  private opened: () => void = () => undefined;

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<GatedProxy> {
    const server = http.createServer();
    const proxy = new GatedProxy(server);
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      void proxy.pass(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get bytes(): number {
    return this.passedBytes;
  }

  /** From now on, so many bytes of all bodies together pass. */
  allow(bytes: number): void {
    this.allowedBytes = bytes;
    this.opened();
  }

  async close(): Promise<void> {
    this.allow(Infinity);
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = 'GET', headers, url = '/', socket } = request;
    const uploadOffset = headers['upload-offset'];
    const passed: PassedRequest = {
      method,
      uploadOffset: typeof uploadOffset === 'string' ? uploadOffset : undefined,
      bodyBytes: 0,
    };
    this.passed.push(passed);
    const forwarded = http.request(new URL(url, this.target), { method, headers, agent: false });
    const end = (): void => {
      // A request that was read to its end would leave its connection open.
      socket.destroy();
      forwarded.destroy();
    };
    request.on('error', end);
    response.on('close', () => {
      if (!response.writableFinished) forwarded.destroy();
    });
    forwarded.on('error', end);
    forwarded.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on('error', end);
    });
    try {
      for await (const chunk of request) await this.forward(forwarded, passed, chunk as Buffer);
      forwarded.end();
    } catch {
      end();
    }
  }

  private async forward(to: http.ClientRequest, passed: PassedRequest, chunk: Buffer): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      const piece = rest.subarray(0, Math.max(0, this.allowedBytes - this.passedBytes));
      if (piece.length === 0) {
        await new Promise<void>((resolve) => {
          this.opened = resolve;
        });
        continue;
      }
      this.passedBytes += piece.length;
      passed.bodyBytes += piece.length;
      if (!to.write(piece)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      rest = rest.subarray(piece.length);
    }
  }
}
