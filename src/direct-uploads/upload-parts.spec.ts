import type { ObjectStorage, UploadedPart } from '../storage/index.js';
import { allParts, chooseParts } from './upload-parts.js';

const STORED: readonly UploadedPart[] = [
  { partNumber: 1, etag: 'a', sizeBytes: 50 },
  { partNumber: 2, etag: 'b', sizeBytes: 50 },
  { partNumber: 4, etag: 'd', sizeBytes: 7 },
];
const UPLOAD = { declaredSizeBytes: 107, maxSizeBytes: 200 };
const part = (partNumber: number, etag: string) => ({ partNumber, etag });
const error = (code: string) => expect.objectContaining({ code }) as Error;

describe('the parts of an upload', () => {
  it('are all that were sent where none is named', () => {
    expect(chooseParts(STORED, undefined, UPLOAD)).toEqual([part(1, 'a'), part(2, 'b'), part(4, 'd')]);
  });

  it('are those that are named, by their numbers and ETags, quoted or not', () => {
    const named = [part(1, '"a"'), part(4, 'd')];
    expect(chooseParts(STORED, named, { ...UPLOAD, declaredSizeBytes: 57 })).toEqual([part(1, 'a'), part(4, 'd')]);
  });

  it.each([
    ['one that was never sent', [part(1, 'a'), part(3, 'c')]],
    ['another ETag', [part(1, 'b')]],
    ['an ETag quoted once', [part(1, '"a')]],
    ['a wrong order', [part(2, 'b'), part(1, 'a'), part(4, 'd')]],
    ['a part twice', [part(1, 'a'), part(1, 'a'), part(4, 'd')]],
  ])('are refused for %s, and can be named again', (_, named) => {
    expect(() => chooseParts(STORED, named, UPLOAD)).toThrow(error('INVALID_PART'));
  });

  it('are waited for while less than declared was sent', () => {
    const upload = { ...UPLOAD, declaredSizeBytes: 108 };
    expect(() => chooseParts(STORED, undefined, upload)).toThrow(error('UPLOAD_INCOMPLETE'));
    expect(() => chooseParts([], undefined, upload)).toThrow(error('UPLOAD_INCOMPLETE'));
  });

  it('are waited for where some that came are not named', () => {
    for (const named of [[part(1, 'a')], [part(1, 'a'), part(4, 'd')]])
      expect(() => chooseParts(STORED, named, UPLOAD)).toThrow(error('UPLOAD_INCOMPLETE'));
  });

  it.each([
    ['more than declared', undefined, { declaredSizeBytes: 106, maxSizeBytes: 200 }, 'SIZE_MISMATCH'],
    ['named ones that are less, as are all', [part(1, 'a')], { ...UPLOAD, declaredSizeBytes: 108 }, 'SIZE_MISMATCH'],
    ['more than is taken', undefined, { declaredSizeBytes: null, maxSizeBytes: 106 }, 'FILE_TOO_LARGE'],
    ['nothing at all, of no declared size', undefined, { declaredSizeBytes: null, maxSizeBytes: 106 }, 'INVALID_PART'],
  ])('can never be right: %s', (what, named, upload, code) => {
    const stored = what.startsWith('nothing') ? [] : STORED;
    expect(() => chooseParts(stored, named, upload)).toThrow(error(code));
  });

  it('are asked for page by page', async () => {
    const listParts: Pick<ObjectStorage, 'listParts'>['listParts'] = (_, { afterPartNumber = 0 } = {}) =>
      Promise.resolve({
        parts: STORED.filter(({ partNumber }) => partNumber > afterPartNumber).slice(0, 1),
        ...(afterPartNumber < 2 && { nextAfterPartNumber: afterPartNumber + 1 }),
      });
    const parts = await allParts({ listParts } as ObjectStorage, { key: 'k', uploadId: 'u' });
    expect(parts).toEqual(STORED);
  });
});
