import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { bodyOf } from './request-body.js';

const request = (): PassThrough & IncomingMessage => new PassThrough() as unknown as PassThrough & IncomingMessage;

async function read(source: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodyOf(source)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('The body of a request', () => {
  it('is what arrives', async () => {
    const source = request();
    source.end('all of it');
    expect(await read(source)).toBe('all of it');
  });

  it('ends with what arrived where the connection breaks', async () => {
    const source = request();
    source.write('some of it');
    const reading = read(source);
    source.once('data', () => setImmediate(() => source.destroy()));
    expect(await reading).toBe('some of it');
  });

  it('ends where its sender had left before anybody read', async () => {
    const source = request();
    source.write('nobody took it in time');
    source.destroy();
    await once(source, 'close');
    expect(await read(source)).toBe('');
  });
});
