import { crc32 } from 'node:zlib';
import { MAX_PART_BYTES, MAX_PARTS } from '../object-storage/index.js';

const MEBIBYTE = 1024 * 1024;
/** Small files of unknown length are the common case: they do not pay for a whole part. */
const FIRST_BUFFER_BYTES = 64 * 1024;
/** Parts of one size before the size doubles. From 10 MiB, 10,000 parts so hold 10 TB. */
const PARTS_OF_ONE_SIZE = 1000;

/**
 * The size of a part: the configured one, for as long as S3's 10,000 parts hold the body. With a known length they are
 * all of one size; without, every thousandth part doubles it.
 */
export function partSizeOf(
  partNumber: number,
  body: { readonly partSizeBytes: number; readonly sizeBytes?: number | undefined },
): number {
  const wanted =
    body.sizeBytes === undefined
      ? body.partSizeBytes * 2 ** Math.floor((partNumber - 1) / PARTS_OF_ONE_SIZE)
      : Math.max(body.partSizeBytes, Math.ceil(body.sizeBytes / MAX_PARTS / MEBIBYTE) * MEBIBYTE);
  return Math.min(wanted, MAX_PART_BYTES);
}

/**
 * The bytes of one part in one piece of memory, their CRC-32 taken as they come. Chunks are copied: they are views into
 * the sockets' slabs, and holding them would hold more than the part.
 */
export class PartBuffer {
  private memory: Buffer;
  private used = 0;
  private checksum = 0;

  /** @param expectedBytes how much will come, where known: the memory grows only past it */
  constructor(
    readonly capacityBytes: number,
    expectedBytes = FIRST_BUFFER_BYTES,
  ) {
    this.memory = Buffer.allocUnsafeSlow(Math.min(capacityBytes, Math.max(expectedBytes, 1)));
  }

  /** Takes what fits of a chunk and says how many bytes that were. */
  append(chunk: Uint8Array): number {
    const taken = Math.min(chunk.length, this.capacityBytes - this.used);
    if (taken === 0) return 0;
    this.reserve(this.used + taken);
    const bytes = taken === chunk.length ? chunk : chunk.subarray(0, taken);
    this.memory.set(bytes, this.used);
    this.checksum = crc32(bytes, this.checksum);
    this.used += taken;
    return taken;
  }

  /** Valid until `clear`. */
  get bytes(): Buffer {
    return this.memory.subarray(0, this.used);
  }

  get crc32(): number {
    return this.checksum;
  }

  /** Makes the memory usable for another part. */
  clear(): void {
    this.used = 0;
    this.checksum = 0;
  }

  private reserve(neededBytes: number): void {
    if (neededBytes <= this.memory.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.capacityBytes, Math.max(neededBytes, this.memory.length * 2)));
    grown.set(this.bytes);
    this.memory = grown;
  }
}
