import { InvalidEnvironmentError } from '../config/index.js';
import { databaseConfig } from './database.config.js';

describe('databaseConfig', () => {
  const before = { ...process.env };
  beforeEach(() => {
    process.env = {};
  });
  afterAll(() => {
    process.env = before;
  });

  it('is the embedded database when nothing is set', () => {
    expect(databaseConfig()).toEqual({ url: undefined, directUrl: undefined });
  });

  it('goes straight to DATABASE_URL unless there is a way past a pooler', () => {
    process.env['DATABASE_URL'] = 'postgres://app@pooler/app';
    expect(databaseConfig().directUrl).toBe('postgres://app@pooler/app');
    process.env['DATABASE_DIRECT_URL'] = 'postgresql://app@database/app';
    expect(databaseConfig()).toEqual({
      url: 'postgres://app@pooler/app',
      directUrl: 'postgresql://app@database/app',
    });
  });

  it('refuses what is no PostgreSQL URL', () => {
    process.env['DATABASE_URL'] = 'mysql://app@database/app';
    expect(() => databaseConfig()).toThrow(InvalidEnvironmentError);
  });
});
