import { MAX_RELAY_BYTES, MAX_RELAY_PART_BYTES } from '../direct-uploads/index.js';
import { nextPartSize } from './part-sizes.js';

const MIB = 1024 * 1024;
const TIB = 1024 ** 4;

describe('nextPartSize', () => {
  it('is what is configured while the numbers last', () => {
    expect(nextPartSize({ bytes: 1, nextPart: 1 }, 10 * MIB)).toBe(10 * MIB);
    expect(nextPartSize({ bytes: 80_000 * MIB, nextPart: 1 }, 10 * MIB)).toBe(10 * MIB);
  });

  it.each([
    [MAX_RELAY_BYTES, 0],
    [MAX_RELAY_BYTES, 10],
    [TIB / 2, 4],
    [TIB / 32, 1],
  ])('brings %i bytes into 10,000 parts, though every so many (%i) a number is left out', (size, lostEvery) => {
    let bytes = size;
    let nextPart = 1;
    let parts = 0;
    while (bytes > 0) {
      bytes -= Math.min(bytes, nextPartSize({ bytes, nextPart }, 10 * MIB));
      parts += 1;
      nextPart += lostEvery > 0 && parts % lostEvery === 0 ? 2 : 1;
    }
    expect(nextPart - 1).toBeLessThanOrEqual(10_001);
  });

  it('is bounded, whatever is configured and whatever is to come', () => {
    expect(nextPartSize({ bytes: 1, nextPart: 1 }, 512 * MIB)).toBe(MAX_RELAY_PART_BYTES);
    expect(nextPartSize({ bytes: 5 * TIB, nextPart: 1 }, 10 * MIB)).toBe(MAX_RELAY_PART_BYTES);
    expect(nextPartSize({ bytes: TIB, nextPart: 10_001 }, 10 * MIB)).toBe(MAX_RELAY_PART_BYTES);
  });

  it('puts all that is left into the last number', () => {
    expect(nextPartSize({ bytes: 25 * MIB, nextPart: 10_000 }, 10 * MIB)).toBe(25 * MIB);
  });
});
