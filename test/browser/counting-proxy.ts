import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands before a server, counts what is sent to it byte by byte as it comes off the wire, and can be cut like a wire. */
export class CountingProxy {
  private bytes = 0;
  private readonly clients = new Set<Socket>();
  private target: URL | undefined;
  private severed = false;

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

  /** From now on nothing arrives any more; nobody has been told. */
  stall(): void {
    for (const client of this.clients) client.unpipe().pause();
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

  private join(client: Socket): void {
    if (this.target === undefined || this.severed) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(this.target.port), this.target.hostname);
    client.on('data', ({ length }) => {
      this.bytes += length;
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
