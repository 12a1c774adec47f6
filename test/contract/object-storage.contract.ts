import { archiveBehaviours } from './object-storage.archive.js';
import { formBehaviours } from './object-storage.forms.js';
import { keyBehaviours } from './object-storage.keys.js';
import { linkBehaviours } from './object-storage.links.js';
import { listingBehaviours } from './object-storage.listing.js';
import { multipartBehaviours } from './object-storage.multipart.js';
import { readingBehaviours } from './object-storage.reading.js';
import { writingBehaviours } from './object-storage.writing.js';
import { subjectOf, type StorageUnderTest } from './storage-under-test.js';

/**
 * What every adapter of `ObjectStorage` does, on the real thing behind it. The adapter is to send bodies of 5 MiB and more
 * in parts of 5 MiB, so that the multipart path is walked with little data.
 */
export function objectStorageContract(name: string, open: () => Promise<StorageUnderTest>): void {
  describe(`${name}, as an object storage`, () => {
    let opened: StorageUnderTest | undefined;
    const subject = subjectOf(() => {
      if (!opened) throw new Error('The storage is not open yet.');
      return opened;
    });

    beforeAll(async () => {
      opened = await open();
    }, 180_000);

    afterAll(async () => {
      await opened?.close();
    }, 60_000);

    describe('writing', () => {
      writingBehaviours(subject);
    });
    describe('reading, deleting and copying', () => {
      readingBehaviours(subject);
    });
    describe('archives', () => {
      archiveBehaviours(subject);
    });
    describe('keys', () => {
      keyBehaviours(subject);
    });
    describe('listing', () => {
      listingBehaviours(subject);
    });
    describe('multipart uploads', () => {
      multipartBehaviours(subject);
    });
    describe('signed links', () => {
      linkBehaviours(subject);
    });
    describe('signed forms', () => {
      formBehaviours(subject);
    });
  });
}
