import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Checksums of whole objects, named as S3 does. */
export const DigestAlgorithm = { Sha256: 'SHA256', Crc32: 'CRC32', Crc64Nvme: 'CRC64NVME' } as const;
export type DigestAlgorithm = (typeof DigestAlgorithm)[keyof typeof DigestAlgorithm];

/** Placeholder until the branch of the store brings the real one. */
export abstract class ObjectDigest {
  abstract update(chunk: Buffer): void;
  abstract digest(): string;
  static of(algorithm: DigestAlgorithm): ObjectDigest {
    if (algorithm === 'SHA256') {
      const hash = createHash('sha256');
      return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest('base64') };
    }
    let value = 0;
    return {
      update: (chunk) => {
        value = crc32(chunk, value);
      },
      digest: () => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(value);
        return bytes.toString('base64');
      },
    };
  }
}
