import { nextPartSize } from './part-sizes.js';

const MIB = 1024 * 1024;
const TIB = 1024 ** 4;

describe('nextPartSize', () => {
  it('is what is configured while the numbers last', () => {
    expect(nextPartSize({ bytes: 1, nextPart: 1 }, 10 * MIB)).toBe(10 * MIB);
    expect(nextPartSize({ bytes: 80_000 * MIB, nextPart: 1 }, 10 * MIB)).toBe(10 * MIB);
  });

  it.each([0, 1, 7])('brings 5 TiB into 10,000 parts, though every so many a number is left out (%i)', (lostEvery) => {
    let bytes = 5 * TIB;
    let nextPart = 1;
    let parts = 0;
    while (bytes > 0) {
      bytes -= Math.min(bytes, nextPartSize({ bytes, nextPart }, 10 * MIB));
      parts += 1;
      nextPart += lostEvery > 0 && parts % lostEvery === 0 ? 2 : 1;
    }
    expect(nextPart - 1).toBeLessThanOrEqual(10_001);
  });

  it('puts all that is left into the last number', () => {
    expect(nextPartSize({ bytes: 25 * MIB, nextPart: 10_000 }, 10 * MIB)).toBe(25 * MIB);
  });
});
