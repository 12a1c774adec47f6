import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32Combine, crc32FromBase64, crc32ToBase64 } from './crc32.js';

describe('crc32Combine', () => {
  it.each([0, 1, 7, 64, 1000, 65_537])(
    'gives the checksum of the whole from its parts, the second of %d bytes',
    (size) => {
      const first = randomBytes(4321);
      const second = randomBytes(size);
      expect(crc32Combine(crc32(first), crc32(second), size)).toBe(crc32(Buffer.concat([first, second])));
    },
  );

  it('starts from nothing', () => {
    const bytes = randomBytes(100);
    expect(crc32Combine(0, crc32(bytes), bytes.length)).toBe(crc32(bytes));
  });
});

describe('crc32ToBase64', () => {
  it('writes what S3 writes, and reads it back', () => {
    // The check value of CRC-32.
    const crc = crc32(Buffer.from('123456789'));
    expect(crc32ToBase64(crc)).toBe('y/Q5Jg==');
    expect(crc32FromBase64('y/Q5Jg==')).toBe(crc);
  });

  it('reads no composite checksum', () => {
    expect(crc32FromBase64('AAAAAAAAAAA=')).toBeUndefined();
  });
});
