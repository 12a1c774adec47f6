import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { PartBuffer, partSizeOf } from './part-buffer.js';

const MEBIBYTE = 1024 * 1024;
const GIBIBYTE = 1024 ** 3;
const partSizeBytes = 10 * MEBIBYTE;

describe('partSizeOf', () => {
  it('is the configured size while 10,000 parts hold the body', () => {
    expect(partSizeOf(1, { partSizeBytes })).toBe(partSizeBytes);
    expect(partSizeOf(1000, { partSizeBytes })).toBe(partSizeBytes);
    expect(partSizeOf(1, { partSizeBytes, sizeBytes: 90 * GIBIBYTE })).toBe(partSizeBytes);
  });

  it('holds any known length in 10,000 parts', () => {
    for (const sizeBytes of [98 * GIBIBYTE, 500 * GIBIBYTE, 5 * 1024 * GIBIBYTE, 48 * 1024 * GIBIBYTE]) {
      expect(partSizeOf(1, { partSizeBytes, sizeBytes }) * 10_000).toBeGreaterThanOrEqual(sizeBytes);
    }
  });

  it('grows with a body of unknown length, to more than 5 TB in 10,000 parts', () => {
    const sizes = Array.from({ length: 10_000 }, (_, index) => partSizeOf(index + 1, { partSizeBytes }));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(5e12);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5 * GIBIBYTE);
  });
});

describe('PartBuffer', () => {
  it('takes what fits, and knows its checksum', () => {
    const bytes = randomBytes(300_000);
    const part = new PartBuffer(250_000);
    let taken = 0;
    for (let at = 0; at < bytes.length; at += 7001) taken += part.append(bytes.subarray(at, at + 7001));
    expect(taken).toBe(250_000);
    expect(part.append(bytes)).toBe(0);
    expect(part.bytes.equals(bytes.subarray(0, 250_000))).toBe(true);
    expect(part.crc32).toBe(crc32(bytes.subarray(0, 250_000)));
  });

  it('can be used again', () => {
    const part = new PartBuffer(10);
    part.append(Buffer.from('0123456789'));
    part.clear();
    expect(part.append(Buffer.from('abc'))).toBe(3);
    expect(part.bytes.toString()).toBe('abc');
    expect(part.crc32).toBe(crc32('abc'));
  });
});
