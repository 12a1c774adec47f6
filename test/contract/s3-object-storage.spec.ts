import { openTestBucket, TEST_S3_ENDPOINT, WHY_SKIPPED } from '../support/test-bucket.js';
import { objectStorageContract } from './object-storage.contract.js';
import { PART_BYTES } from './storage-under-test.js';

if (TEST_S3_ENDPOINT === undefined) {
  describe.skip(`S3ObjectStorage, as an object storage: ${WHY_SKIPPED}`, () => {
    it.todo('passes the contract');
  });
} else {
  objectStorageContract('S3ObjectStorage', async () => {
    const bucket = await openTestBucket({ multipartThresholdBytes: PART_BYTES, multipartPartSizeBytes: PART_BYTES });
    return {
      storage: bucket.storage,
      close: () => bucket.close(),
      gaps: ['every-part-named', 'uploads-loosely-ordered', 'unsigned-type-refused'],
    };
  });
}
