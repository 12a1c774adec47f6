import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { IntakeStream } from './intake-stream.js';
import { SNIFF_BYTES } from './type-sniffer.js';

const SIZES = [1, SNIFF_BYTES - 1, SNIFF_BYTES, SNIFF_BYTES + 1, 3 * SNIFF_BYTES + 7];

describe('IntakeStream', () => {
  const bytesOf = (length: number): Buffer => Buffer.alloc(length, 'a recording ');
  const source = (bytes: Buffer): Readable => {
    const chunks = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, n) =>
      bytes.subarray(n * 1000, n * 1000 + 1000),
    );
    return Readable.from(chunks, { objectMode: false });
  };
  const digest = (algorithm: string, bytes: Buffer) => ({
    algorithm,
    value: createHash(algorithm).update(bytes).digest('base64'),
  });

  it.each(SIZES)('gives %i bytes on as they are when they have the checksums that are expected', async (length) => {
    const bytes = bytesOf(length);
    const expected = [digest('SHA256', bytes), digest('SHA512', bytes)];
    const stream = await IntakeStream.open(source(bytes), { maxSizeBytes: length, expected });
    expect((await buffer(stream.body())).equals(bytes)).toBe(true);
    expect(stream.sha256()).toBe(expected[0]?.value);
    expect(stream).toMatchObject({ complete: true, sizeBytes: length });
  });

  it.each(SIZES)('breaks %i bytes off before their end when they have another', async (length) => {
    const bytes = bytesOf(length);
    for (const algorithm of ['SHA256', 'SHA512']) {
      const expected = [digest('SHA256', bytes), digest(algorithm, Buffer.from('others'))];
      const stream = await IntakeStream.open(source(bytes), { maxSizeBytes: length, expected });
      const error = { code: 'CHECKSUM_MISMATCH', details: { algorithm } };
      await expect(buffer(stream.body())).rejects.toMatchObject(error);
      expect(stream.complete).toBe(false);
    }
  });

  it.each([100, 2 * SNIFF_BYTES])('is no longer than may be: %i bytes', async (maxSizeBytes) => {
    const take = async (): Promise<Buffer> =>
      buffer((await IntakeStream.open(source(bytesOf(maxSizeBytes + 1)), { maxSizeBytes })).body());
    await expect(take()).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });
});
