import { InvalidEnvironmentError } from '../config/index.js';
import { S3Clients } from './s3-clients.js';

const config = {
  region: 'eu-west-1',
  endpoint: undefined,
  forcePathStyle: false,
  credentials: undefined,
  credentialsRequired: true,
};

describe('S3Clients', () => {
  it('asks for keys in development, and not before a client is wanted', () => {
    const clients = new S3Clients(config);
    expect(() => clients.main).toThrow(InvalidEnvironmentError);
    expect(() => clients.main).toThrow(/AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
  });

  it('leaves credentials to the chain in production', () => {
    const clients = new S3Clients({ ...config, credentialsRequired: false });
    expect(clients.main).toBeDefined();
    clients.destroy();
  });

  it('makes each client once, where and as configured', async () => {
    const clients = new S3Clients({
      ...config,
      endpoint: 'http://127.0.0.1:9000',
      forcePathStyle: true,
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    });
    expect(clients.main).toBe(clients.main);
    expect(new Set([clients.main, clients.reader, clients.presigner]).size).toBe(3);
    for (const client of [clients.main, clients.reader, clients.presigner]) {
      expect(await client.config.region()).toBe('eu-west-1');
      expect(client.config.forcePathStyle).toBe(true);
      expect(await client.config.endpoint?.()).toMatchObject({ hostname: '127.0.0.1', port: 9000 });
      expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'id' });
      expect(await client.config.requestChecksumCalculation()).toBe('WHEN_REQUIRED');
      expect(await client.config.maxAttempts()).toBe(3);
    }
    clients.destroy();
  });
});
