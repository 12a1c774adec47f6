import { measureUpload, MEMORY_LIMIT_MB } from '../support/measure-memory.js';

/** Small, beside `npm run prove -- memory`, which sends 2 GB. */
const SIZE_MB = 256;

describe('an upload to a store that takes 200 ms a part', () => {
  it.each([
    ['with Content-Length', false],
    ['without', true],
  ])(
    '%s adds a bounded amount to the memory of the service',
    async (_, chunked) => {
      const { status, addedMb } = await measureUpload(SIZE_MB, { chunked });
      expect(status).toBe(201);
      expect(addedMb).toBeLessThanOrEqual(MEMORY_LIMIT_MB);
    },
    180_000,
  );
});
