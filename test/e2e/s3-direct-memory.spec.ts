import { DIRECT_MEMORY_LIMIT_MB, measureDirectUploads } from '../support/measure-direct-memory.js';

describe('uploads straight to the store', () => {
  // Small, beside `npm run prove -- direct-memory`: 8 GB.
  it('add next to nothing to the memory of the service that signs for them', async () => {
    const { storedMb, addedMb } = await measureDirectUploads(8, 24);
    expect(storedMb).toBe(8 * 24);
    expect(addedMb).toBeLessThanOrEqual(DIRECT_MEMORY_LIMIT_MB);
  }, 120_000);
});
