import { FormatFamily } from './file-formats.js';
import { FileKind, RetentionClass } from './file-kind.js';
import { FileKinds } from './file-kinds.js';
import type { StorageConfig } from './storage.config.js';

const MEBIBYTE = 1024 * 1024;
const made = new FileKind({
  name: 'spec-made',
  keyTemplate: 'made/{id}/picture.jpg',
  ifTaken: 'place',
  accepts: ['.jpg'],
  madeFrom: { family: FormatFamily.Image, extensions: ['.jpg', '.png', '.gif'] },
  maxSizeBytes: 20 * MEBIBYTE,
  retentionClass: RetentionClass.Picture,
  linkable: true,
});
const kept = new FileKind({
  name: 'spec-kept',
  keyTemplate: 'kept/{id}/{filename}',
  ifTaken: 'suffix',
  accepts: [FormatFamily.Image],
  retentionClass: RetentionClass.Original,
  linkable: true,
});

function kindsUnder(image: readonly string[], maxFileSizeBytes = 500 * MEBIBYTE): FileKinds {
  const allowedExtensions = { audio: [], video: [], document: [], image: [...image] };
  return new FileKinds({ allowedExtensions, maxFileSizeBytes } as unknown as StorageConfig);
}

describe('what senders may give', () => {
  it('is what the kind is made from, as far as configuration allows it, and not what is stored', () => {
    const kinds = kindsUnder(['.png', '.gif', '.pdf']);
    expect(kinds.sendable(made)).toEqual({
      extensions: ['.png', '.gif'],
      contentTypes: ['image/png', 'image/gif'],
      maxSizeBytes: 20 * MEBIBYTE,
    });
    expect(kinds.acceptance({ kind: made }).contentTypes).toEqual(['image/jpeg']);
  });

  it('is no larger than any file may be', () => {
    expect(kindsUnder(['.png'], MEBIBYTE).sendable(made).maxSizeBytes).toBe(MEBIBYTE);
  });

  it('is what is stored, where nothing is made of it', () => {
    const kinds = kindsUnder(['.png']);
    expect(kinds.sendable(kept)).toEqual(kinds.acceptance({ kind: kept }));
  });

  it.each([
    ['.jpg', 'image/jpeg'],
    ['.pdf', 'application/pdf'],
    ['.png', 'image/gif'],
    ['.png', 'text/html'],
    ['', 'image/png'],
  ])('is refused when it is another: %s with %s', (extension, foundType) => {
    const kinds = kindsUnder(['.png', '.gif', '.pdf']);
    let refusal: unknown;
    try {
      kinds.assertSendable(made, { extension, foundType });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: 'TYPE_NOT_ACCEPTED', details: { foundType, accepted: ['.png', '.gif'] } });
  });

  it('is let through when name and bytes go together', () => {
    expect(() => {
      kindsUnder(['.png']).assertSendable(made, { extension: '.png', foundType: 'image/apng' });
    }).not.toThrow();
  });
});
