import type { WelcomeFile } from '../intake/index.js';
import { MAX_RELAY_BYTES, relayed } from './relay-limits.js';

const welcome = { name: 'a.wav', maxSizeBytes: 5 * 1024 ** 4 } as WelcomeFile;

describe('What the service relays', () => {
  it('has no more than goes into parts that are kept in memory', () => {
    expect(relayed(welcome, undefined).maxSizeBytes).toBe(MAX_RELAY_BYTES);
    expect(relayed(welcome, MAX_RELAY_BYTES).maxSizeBytes).toBe(MAX_RELAY_BYTES);
    expect(() => relayed(welcome, MAX_RELAY_BYTES + 1)).toThrow(
      expect.objectContaining({ code: 'FILE_TOO_LARGE', kind: 'too-large' }) as Error,
    );
  });

  it('has no more than its kind allows either', () => {
    expect(relayed({ ...welcome, maxSizeBytes: 1000 }, 1000).maxSizeBytes).toBe(1000);
  });
});
