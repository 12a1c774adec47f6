import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './free-port.js';

export interface DroppingProxy {
  /** Without a trailing slash. */
  readonly url: string;
  /** Connections that were cut so far. */
  readonly drops: number;
  close(): Promise<void>;
}

/**
 * Passes bytes on, and cuts a share of the connections somewhere in what their client sends, or before the answer comes back.
 * `random` gives numbers from 0 to 1, so that a run can be repeated.
 */
export async function startDroppingProxy(options: {
  /** Asked for each connection: a service may be started again elsewhere. */
  readonly target: () => string;
  readonly share: number;
  readonly withinBytes: number;
  readonly random: () => number;
}): Promise<DroppingProxy> {
  const sockets = new Set<Socket>();
  let drops = 0;
  const server = createServer((client) => {
    const { hostname, port } = new URL(options.target());
    const upstream = connect(Number(port), hostname);
    let left = options.random() < options.share ? Math.ceil(options.random() * options.withinBytes) : Infinity;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
      socket.on('error', end);
    }
    client.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left > 0) {
        if (!upstream.write(chunk)) client.pause();
        return;
      }
      drops += 1;
      upstream.write(chunk.subarray(0, Math.max(0, chunk.length + left)), end);
    });
    upstream.on('drain', () => client.resume());
    upstream.pipe(client);
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}`,
    get drops() {
      return drops;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
