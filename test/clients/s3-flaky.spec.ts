import { runFlakyClients } from '../support/flaky-clients.js';

describe('clients whose connections break', () => {
  // Small, beside `npm run prove -- flaky-clients`: 100 uploads.
  it('end with each file once, as it was sent, and leave nothing else', async () => {
    const { drops, stored, different, doubled, left } = await runFlakyClients({
      uploads: 12,
      share: 0.2,
      maxSizeBytes: 8 * 1024 * 1024,
      seed: 7,
    });
    expect({ stored, different, doubled, left }).toEqual({ stored: 12, different: [], doubled: 0, left: [] });
    expect(drops).toBeGreaterThan(0);
  }, 180_000);
});
