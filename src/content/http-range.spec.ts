import fc from 'fast-check';
import { parseRange } from './http-range.js';

describe('a Range header', () => {
  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-9', 0, 9],
    ['bytes=3-5', 3, 5],
    ['bytes=3-', 3, 9],
    ['bytes=9-', 9, 9],
    ['bytes=-1', 9, 9],
    ['bytes=-4', 6, 9],
    ['bytes=-400', 0, 9],
    ['bytes=5-400', 5, 9],
    ['Bytes= 5-6 ', 5, 6],
    ['bytes=0-9223372036854775807', 0, 9],
    ['bytes=0000000000000000000003-5', 3, 5],
    ['bytes=-99999999999999999999', 0, 9],
  ])('%s of ten bytes is %i to %i', (header, start, end) => {
    expect(parseRange(header, 10)).toEqual({ kind: 'part', start, end });
  });

  it.each([
    'bytes=10-',
    'bytes=10-12',
    'bytes=400-',
    'bytes=-0',
    'bytes=99999999999999999999-',
    `bytes=${'9'.repeat(400)}-`,
  ])('%s of ten bytes cannot be satisfied', (header) => {
    expect(parseRange(header, 10)).toEqual({ kind: 'unsatisfiable' });
  });

  it.each(['bytes=0-', 'bytes=0-0', 'bytes=-5'])('%s of nothing cannot be satisfied', (header) => {
    expect(parseRange(header, 0)).toEqual({ kind: 'unsatisfiable' });
  });

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-3',
    'bytes=1-2,4-5',
    'bytes=1-2,',
    'items=1-2',
    'bytes=1.5-2',
    'bytes=0x1-2',
    'bytes=9007199254740993-9007199254740992',
  ])('%s is ignored', (header) => {
    expect(parseRange(header, 10)).toEqual({ kind: 'whole' });
  });

  it('never leads out of the content', () => {
    const number = fc.option(fc.nat(50), { nil: '' });
    fc.assert(
      fc.property(number, number, fc.nat(40), (first, last, sizeBytes) => {
        const verdict = parseRange(`bytes=${first}-${last}`, sizeBytes);
        if (verdict.kind !== 'part') return;
        expect(verdict.start).toBeGreaterThanOrEqual(0);
        expect(verdict.start).toBeLessThanOrEqual(verdict.end);
        expect(verdict.end).toBeLessThan(sizeBytes);
      }),
    );
  });
});
