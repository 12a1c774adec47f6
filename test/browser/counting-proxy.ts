import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands before a server, counts what is sent to it byte by byte as it comes off the wire, and can be cut like a wire. */
export class CountingProxy {
  private bytes = 0;
  private readonly clients = new Set<Socket>();
  private target: URL | undefined;
  private severed = false;
  private stall: { readonly at: number; readonly reached: () => void } | undefined;

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly url: string,
  ) {
    server.on('connection', (client) => {
      this.join(client);
    });
  }

  /** Listens at once, so that the server can be told its address before it starts. */
  static async listen(): Promise<CountingProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CountingProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Where connections from now on lead. */
  leadTo(url: string): void {
    this.target = new URL(url);
  }

  /** Bytes sent to the server so far, headers among them. */
  get received(): number {
    return this.bytes;
  }

  /** Resolves when so many more bytes have come: from then on nothing passes, and neither side has been told. */
  stallAfter(bytes: number): Promise<void> {
    return new Promise((reached) => {
      this.stall = { at: this.bytes + bytes, reached };
    });
  }

  /** What is connected breaks, and whatever connects does until `mend`. */
  sever(): void {
    this.severed = true;
    for (const client of this.clients) client.resetAndDestroy();
  }

  mend(): void {
    this.severed = false;
  }

  async close(): Promise<void> {
    this.sever();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private stop(reached: () => void): void {
    for (const client of this.clients) client.unpipe().pause();
    this.stall = undefined;
    reached();
  }

  private join(client: Socket): void {
    if (this.target === undefined || this.severed) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(this.target.port), this.target.hostname);
    client.on('data', ({ length }) => {
      this.bytes += length;
      if (this.stall !== undefined && this.bytes >= this.stall.at) this.stop(this.stall.reached);
    });
    client.pipe(upstream).pipe(client);
    this.clients.add(client);
    client.on('close', () => {
      this.clients.delete(client);
      // Says an end that the pipe has not, and does nothing where it has.
      upstream.end();
    });
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  }
}
