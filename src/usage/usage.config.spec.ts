import { usageConfig } from './usage.config.js';

const NAMES = ['OWNER_QUOTA_MB', 'TOTAL_QUOTA_MB'] as const;

describe('usageConfig', () => {
  const before = { ...process.env };
  beforeEach(() => {
    process.env = {};
  });
  afterAll(() => {
    process.env = before;
  });

  it('has no bound where nothing is said', () => {
    for (const name of NAMES) process.env[name] = '';
    expect(usageConfig()).toEqual({ ownerQuotaBytes: null, totalQuotaBytes: null });
  });

  it('counts in MiB', () => {
    Object.assign(process.env, { OWNER_QUOTA_MB: '1', TOTAL_QUOTA_MB: '8589934591' });
    expect(usageConfig()).toEqual({ ownerQuotaBytes: 1_048_576, totalQuotaBytes: 8_589_934_591 * 1_048_576 });
    expect(Number.isSafeInteger(usageConfig().totalQuotaBytes)).toBe(true);
  });

  it.each(NAMES.flatMap((name) => ['0', '-1', '1.5', '8589934592', 'much'].map((value) => [name, value] as const)))(
    'refuses %s=%s',
    (name, value) => {
      process.env[name] = value;
      expect(() => usageConfig()).toThrow(name);
    },
  );
});
