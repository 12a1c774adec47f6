/** The reflected polynomial 0x9a6c9329ac4bc9b5 of CRC-64/NVME, in halves of 32 bits. */
const POLYNOMIAL = { high: 0x9a_6c_93_29, low: 0xac_4b_c9_b5 } as const;
const SLICES = 8;

/**
 * CRC-64/NVME of bytes as they come, eight at a time, the sum in two halves of 32 bits: JavaScript has no faster integer.
 * An instance holds 16 KiB of tables.
 */
export class Crc64Nvme {
  private readonly table = makeTable();
  private high = -1;
  private low = -1;

  update(bytes: Uint8Array): void {
    const { table } = this;
    let { high, low } = this;
    let at = 0;
    for (const end = bytes.length - (SLICES - 1); at < end; at += SLICES) {
      const one = low ^ littleEndian(bytes, at);
      const other = high ^ littleEndian(bytes, at + 4);
      // Each of the eight bytes finds what it adds after as many zero bytes as follow it; a slice has 512 halves.
      const a = 3584 | ((one & 255) << 1);
      const b = 3072 | ((one >>> 7) & 510);
      const c = 2560 | ((one >>> 15) & 510);
      const d = 2048 | ((one >>> 24) << 1);
      const e = 1536 | ((other & 255) << 1);
      const f = 1024 | ((other >>> 7) & 510);
      const g = 512 | ((other >>> 15) & 510);
      const h = (other >>> 24) << 1;
      low = of(table, a) ^ of(table, b) ^ of(table, c) ^ of(table, d);
      low ^= of(table, e) ^ of(table, f) ^ of(table, g) ^ of(table, h);
      high = of(table, a | 1) ^ of(table, b | 1) ^ of(table, c | 1) ^ of(table, d | 1);
      high ^= of(table, e | 1) ^ of(table, f | 1) ^ of(table, g | 1) ^ of(table, h | 1);
    }
    for (; at < bytes.length; at += 1) {
      const index = ((low ^ (bytes[at] ?? 0)) & 255) << 1;
      low = ((low >>> 8) | (high << 24)) ^ of(table, index);
      high = (high >>> 8) ^ of(table, index | 1);
    }
    this.high = high;
    this.low = low;
  }

  /** Eight bytes, big-endian, as S3 writes it in base64. */
  digest(): Buffer {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeInt32BE(~this.high, 0);
    bytes.writeInt32BE(~this.low, 4);
    return bytes;
  }
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return of(bytes, at) | (of(bytes, at + 1) << 8) | (of(bytes, at + 2) << 16) | (of(bytes, at + 3) << 24);
}

function of(values: Int32Array | Uint8Array, index: number): number {
  return values[index] ?? 0;
}

/** For each slice and byte the low and the high half of its sum. */
function makeTable(): Int32Array {
  const table = new Int32Array(SLICES * 512);
  for (let byte = 0; byte < 256; byte += 1) {
    let [high, low] = [0, byte];
    for (let bit = 0; bit < 8; bit += 1) {
      const odd = (low & 1) === 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd) [high, low] = [high ^ POLYNOMIAL.high, low ^ POLYNOMIAL.low];
    }
    table.set([low, high], byte << 1);
  }
  for (let index = 512; index < table.length; index += 2) {
    const [low, high] = [of(table, index - 512), of(table, index - 511)];
    const after = (low & 255) << 1;
    table[index] = ((low >>> 8) | (high << 24)) ^ of(table, after);
    table[index + 1] = (high >>> 8) ^ of(table, after | 1);
  }
  return table;
}
