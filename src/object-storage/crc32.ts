/** The reversed polynomial of CRC-32 (ISO-HDLC), the one of zlib, gzip and S3. */
const POLYNOMIAL = 0xed_b8_83_20;

/** A CRC-32 as S3 writes it: four bytes, big-endian, in base64. */
export function crc32ToBase64(crc: number): string {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(crc >>> 0);
  return bytes.toString('base64');
}

/** The number behind `crc32ToBase64`; undefined where the text is no CRC-32. */
export function crc32FromBase64(text: string): number | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 4 ? bytes.readUInt32BE() : undefined;
}

/**
 * The CRC-32 of two stretches of bytes, from that of each and the length of the second (zlib's crc32_combine), so that
 * the bytes of a multipart upload are hashed once: for their part.
 */
export function crc32Combine(first: number, second: number, secondBytes: number): number {
  // Appending a zero bit is a linear map over GF(2); its powers of two append 8, 16, 32, ... bits.
  let zeros = square(square(square(oneZeroBit())));
  let crc = first >>> 0;
  for (let remaining = secondBytes; remaining > 0; remaining = Math.floor(remaining / 2)) {
    if (remaining % 2 === 1) crc = times(zeros, crc);
    zeros = square(zeros);
  }
  return (crc ^ second) >>> 0;
}

function oneZeroBit(): Uint32Array {
  return Uint32Array.from({ length: 32 }, (_, bit) => (bit === 0 ? POLYNOMIAL : 2 ** (bit - 1)));
}

function times(matrix: Uint32Array, vector: number): number {
  let sum = 0;
  for (let bit = 0, rest = vector; rest !== 0; bit += 1, rest >>>= 1) {
    if ((rest & 1) === 1) sum ^= matrix[bit] ?? 0;
  }
  return sum >>> 0;
}

function square(matrix: Uint32Array): Uint32Array {
  return matrix.map((column) => times(matrix, column));
}
