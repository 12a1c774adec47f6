import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32ToBase64 } from './crc32.js';
import { Crc64Nvme } from './crc64-nvme.js';

/** Checksums of a whole object that stores keep and clients send, by S3's names. */
export const DigestAlgorithm = { Sha256: 'SHA256', Crc32: 'CRC32', Crc64Nvme: 'CRC64NVME' } as const;
export type DigestAlgorithm = (typeof DigestAlgorithm)[keyof typeof DigestAlgorithm];

interface Hashing {
  update(bytes: Uint8Array): void;
  digest(): string;
}

/** The checksum of bytes as they come; how they are cut does not matter. */
export class ObjectDigest {
  private constructor(private readonly hashing: Hashing) {}

  static of(algorithm: DigestAlgorithm): ObjectDigest {
    return new ObjectDigest(hashingOf(algorithm));
  }

  update(bytes: Uint8Array): void {
    this.hashing.update(bytes);
  }

  /** In base64, as S3 writes it. To be asked once, after the last byte. */
  digest(): string {
    return this.hashing.digest();
  }
}

function hashingOf(algorithm: DigestAlgorithm): Hashing {
  switch (algorithm) {
    case DigestAlgorithm.Sha256: {
      const hash = createHash('sha256');
      return {
        update: (bytes) => {
          hash.update(bytes);
        },
        digest: () => hash.digest('base64'),
      };
    }
    case DigestAlgorithm.Crc32: {
      let sum = 0;
      return {
        update: (bytes) => {
          sum = crc32(bytes, sum);
        },
        digest: () => crc32ToBase64(sum),
      };
    }
    case DigestAlgorithm.Crc64Nvme: {
      const crc = new Crc64Nvme();
      return {
        update: (bytes) => {
          crc.update(bytes);
        },
        digest: () => crc.digest().toString('base64'),
      };
    }
    default:
      return algorithm satisfies never;
  }
}
