import { InvalidEnvironmentError } from '../config/index.js';
import { s3Config } from './s3.config.js';

const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION'] as const;

describe('s3Config', () => {
  const before = { ...process.env };
  const read = (variables: Readonly<Partial<Record<(typeof NAMES)[number], string>>>) => {
    for (const name of NAMES) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, variables);
    return s3Config();
  };
  afterAll(() => {
    for (const name of NAMES) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
  });

  it('knows when temporary keys end', () => {
    const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
    expect(read({ ...keys, AWS_CREDENTIAL_EXPIRATION: '2027-01-02T03:04:05+00:00' }).credentials).toEqual({
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: new Date('2027-01-02T03:04:05Z'),
    });
    expect(read(keys).credentials).not.toHaveProperty('expiration');
    expect(() => read({ ...keys, AWS_CREDENTIAL_EXPIRATION: 'soon' })).toThrow(InvalidEnvironmentError);
  });

  it('takes both keys or none', () => {
    expect(read({}).credentials).toBeUndefined();
    expect(() => read({ AWS_ACCESS_KEY_ID: 'id' })).toThrow(/must be set together/);
  });
});
