import { readAvailability } from './s3-archive.js';

const UNTIL = new Date('2012-12-21T00:00:00Z');
const RESTORED = 'ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"';

describe('readAvailability', () => {
  it.each([
    ['STANDARD, which S3 does not name', {}],
    ['STANDARD_IA', { StorageClass: 'STANDARD_IA' }],
    ['GLACIER_IR, which is read at once', { StorageClass: 'GLACIER_IR' }],
    ['INTELLIGENT_TIERING in a tier for access', { StorageClass: 'INTELLIGENT_TIERING' }],
    ['INTELLIGENT_TIERING after a thaw', { StorageClass: 'INTELLIGENT_TIERING', Restore: 'ongoing-request="false"' }],
  ])('finds %s available', (_name, headers) => {
    expect(readAvailability(headers)).toEqual({ state: 'available' });
  });

  it.each([
    [{ StorageClass: 'GLACIER' }],
    [{ StorageClass: 'DEEP_ARCHIVE' }],
    [{ StorageClass: 'INTELLIGENT_TIERING', ArchiveStatus: 'ARCHIVE_ACCESS' }],
    [{ StorageClass: 'INTELLIGENT_TIERING', ArchiveStatus: 'DEEP_ARCHIVE_ACCESS' }],
  ])('follows %j from the archive through the thaw', (headers) => {
    expect(readAvailability(headers)).toEqual({ state: 'archived' });
    expect(readAvailability({ ...headers, Restore: 'ongoing-request="true"' })).toEqual({ state: 'thawing' });
    expect(readAvailability({ ...headers, Restore: RESTORED })).toEqual({ state: 'thawed', until: UNTIL });
    expect(readAvailability({ ...headers, Restore: 'nonsense' })).toEqual({ state: 'archived' });
  });
});
