import { PassThrough, Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { readBody } from './read-body.js';

const NEVER = new AbortController().signal;
const nothing = (): undefined => undefined;

describe('readBody', () => {
  it('gives chunks one after the other, also the last one before it ends', async () => {
    const seen: string[] = [];
    let busy = false;
    await readBody(
      Readable.from(['a', 'b', 'c'], { objectMode: false }),
      async (chunk) => {
        expect(busy).toBe(false);
        busy = true;
        await wait(5);
        busy = false;
        seen.push(Buffer.from(chunk).toString());
      },
      NEVER,
    );
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('ends with an empty stream', async () => {
    await readBody(Readable.from([]), nothing, NEVER);
  });

  it('rejects with what the taker threw, at once or later, and leaves the stream', async () => {
    for (const take of [
      () => {
        throw new Error('no');
      },
      () => Promise.reject(new Error('no')),
    ]) {
      const body = new PassThrough();
      body.write('x');
      await expect(readBody(body, take, NEVER)).rejects.toThrow('no');
      expect(body.destroyed).toBe(false);
      body.destroy(new Error('unheard'));
    }
  });

  it('rejects with the reason of the signal while nothing arrives', async () => {
    const stop = new AbortController();
    const reading = readBody(new PassThrough(), nothing, stop.signal);
    stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  it('rejects when the stream breaks off, before or meanwhile', async () => {
    const body = new PassThrough();
    const reading = readBody(body, nothing, NEVER);
    body.destroy();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    await expect(readBody(body, nothing, NEVER)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  });
});
