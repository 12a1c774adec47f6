import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { freePort } from './free-port.js';

describe('freePort', () => {
  it('chooses below the ports of outgoing connections', async () => {
    const port = await freePort();
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
  });

  it('keeps the preferred port where it is free, and takes another where it is not', async () => {
    const wanted = await freePort();
    await expect(freePort(wanted)).resolves.toBe(wanted);
    const server = createServer().listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    expect((server.address() as AddressInfo).port).toBe(wanted);
    await expect(freePort(wanted)).resolves.not.toBe(wanted);
    server.close();
  });
});
