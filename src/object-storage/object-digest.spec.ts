import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { crc32ToBase64 } from './crc32.js';
import { DigestAlgorithm, ObjectDigest } from './object-digest.js';

/** Bit by bit, as the definition has it. */
function crc64Nvme(bytes: Uint8Array): string {
  let crc = 0xffff_ffff_ffff_ffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0x9a6c_9329_ac4b_c9b5n : crc >> 1n;
  }
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64BE(crc ^ 0xffff_ffff_ffff_ffffn);
  return eight.toString('base64');
}

const REFERENCE: Readonly<Record<DigestAlgorithm, (bytes: Uint8Array) => string>> = {
  SHA256: (bytes) => createHash('sha256').update(bytes).digest('base64'),
  CRC32: (bytes) => crc32ToBase64(crc32(bytes)),
  CRC64NVME: crc64Nvme,
};

function digestOf(algorithm: DigestAlgorithm, chunks: readonly Uint8Array[]): string {
  const digest = ObjectDigest.of(algorithm);
  for (const chunk of chunks) digest.update(chunk);
  return digest.digest();
}

describe('ObjectDigest', () => {
  it.each([
    [DigestAlgorithm.Crc64Nvme, 'ae8b14860a799888'],
    [DigestAlgorithm.Crc32, 'cbf43926'],
    [DigestAlgorithm.Sha256, '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
  ])('has the check value of %s', (algorithm, expected) => {
    const text = digestOf(algorithm, [Buffer.from('123456789')]);
    expect(Buffer.from(text, 'base64').toString('hex')).toBe(expected);
  });

  it.each([
    ['32 zero bytes', Buffer.alloc(32), 'cf3473434d4ecf3b'],
    ['32 bytes of ff', Buffer.alloc(32, 0xff), 'a0a06974c34d63c4'],
    ['the bytes 0 to 31', Buffer.from(Array.from({ length: 32 }, (_, at) => at)), 'b9d9d4a8492cbd7f'],
  ])("has the NVMe specification's value of %s", (_, bytes, expected) => {
    const text = digestOf(DigestAlgorithm.Crc64Nvme, [bytes]);
    expect(Buffer.from(text, 'base64').toString('hex')).toBe(expected);
  });

  it.each(Object.values(DigestAlgorithm))('is the %s of the bytes, however they are cut', (algorithm) => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 12 }), (chunks) => {
        expect(digestOf(algorithm, chunks)).toBe(REFERENCE[algorithm](Buffer.concat(chunks)));
      }),
    );
  });
});
