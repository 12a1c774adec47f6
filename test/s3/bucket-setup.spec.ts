import { randomBytes } from 'node:crypto';
import {
  DeleteBucketCommand,
  GetBucketCorsCommand,
  ListObjectVersionsCommand,
  PutBucketCorsCommand,
} from '@aws-sdk/client-s3';
import { S3Clients } from '../../src/s3/index.js';
import { S3ObjectStorage } from '../../src/s3-store/s3-object-storage.js';
import { S3BucketSetup } from '../../src/s3-store/s3-bucket-setup.js';
import { StoreRefusedError, StoreUnavailableError } from '../../src/object-storage/storage.errors.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { TEST_S3_ENDPOINT, testS3Config, WHY_SKIPPED } from '../support/test-bucket.js';

const ORIGINS = ['https://app.example.org', 'http://localhost:5173'];
const suite = TEST_S3_ENDPOINT === undefined ? describe.skip : describe;

suite(`S3BucketSetup${TEST_S3_ENDPOINT === undefined ? `: ${WHY_SKIPPED}` : ''}`, () => {
  const name = `test-setup-${randomBytes(8).toString('hex')}`;
  let clients: S3Clients;
  let setup: S3BucketSetup;

  beforeAll(() => {
    clients = new S3Clients(testS3Config());
    setup = new S3BucketSetup(clients, testS3Config(), name);
  });

  afterAll(async () => {
    await clients.main.send(new DeleteBucketCommand({ Bucket: name }));
    clients.destroy();
  });

  async function corsRules() {
    return (await clients.main.send(new GetBucketCorsCommand({ Bucket: name }))).CORSRules ?? [];
  }

  it('makes the bucket once, finds what the store can do, and leaves no object', async () => {
    const first = await setup.ensure({ corsOrigins: [] });
    expect(first).toMatchObject({
      driver: 's3',
      bucket: name,
      created: true,
      versioning: 'off',
      cors: 'none-configured',
      abilities: { 'post-policy': 'yes', 'conditional-create': 'yes' },
    });
    expect(Object.values(first.abilities)).not.toContain('unknown');
    expect(await setup.ensure({ corsOrigins: [] })).toEqual({ ...first, created: false });
    expect(await setup.abilities()).toEqual(first.abilities);
    const { Versions, DeleteMarkers } = await clients.main.send(new ListObjectVersionsCommand({ Bucket: name }));
    expect([Versions ?? [], DeleteMarkers ?? []]).toEqual([[], []]);
  });

  it('adds its CORS rule beside those of others, and changes nothing when it is there', async () => {
    const other = { ID: 'of-somebody-else', AllowedOrigins: ['https://other.example.org'], AllowedMethods: ['GET'] };
    await clients.main.send(new PutBucketCorsCommand({ Bucket: name, CORSConfiguration: { CORSRules: [other] } }));
    expect(await setup.ensure({ corsOrigins: ORIGINS })).toMatchObject({ cors: 'applied' });
    expect(await setup.ensure({ corsOrigins: ORIGINS.toReversed() })).toMatchObject({ cors: 'unchanged' });
    expect((await corsRules()).map((rule) => rule.ID).toSorted()).toEqual(['catalyst-storage', 'of-somebody-else']);
  });

  it('replaces its rule when the origins are others', async () => {
    expect(await setup.ensure({ corsOrigins: ['https://new.example.org'] })).toMatchObject({ cors: 'applied' });
    const ours = (await corsRules()).filter((rule) => rule.ID === 'catalyst-storage');
    expect(ours.map((rule) => rule.AllowedOrigins)).toEqual([['https://new.example.org']]);
  });

  it('lets pages of the origins send and read what uploads need, and tells others nothing', async () => {
    expect(await setup.allowOrigins(ORIGINS)).toBe('applied');
    expect(await setup.allowOrigins(ORIGINS)).toBe('unchanged');
    const storage = new S3ObjectStorage(clients, {
      bucket: name,
      multipartThresholdBytes: 5 * 1024 * 1024,
      multipartPartSizeBytes: 5 * 1024 * 1024,
    });
    const terms = { expiresInSeconds: 60, contentType: 'text/plain' };
    const put = await storage.presignPut('cors/a', { ...terms, sizeBytes: 1, ifAbsent: true });
    const form = await storage.presignPost('cors/a', { ...terms, minSizeBytes: 0, maxSizeBytes: 1 });
    const ask = (url: string, method: string, origin: string): Promise<Response> =>
      fetch(url, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': method,
          'access-control-request-headers': 'content-type,if-none-match,x-amz-checksum-sha256',
        },
      });
    for (const [url, method] of [
      [put.url, 'PUT'],
      [form.url, 'POST'],
    ] as const) {
      for (const origin of ORIGINS) {
        const answer = await ask(url, method, origin);
        expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
        expect(answer.headers.get('access-control-allow-headers')).toMatch(/if-none-match/i);
        expect(answer.headers.get('access-control-expose-headers')).toMatch(/etag[\s\S]*upload-offset/i);
      }
      const foreign = await ask(url, method, 'https://evil.example');
      expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    }
    const sent = await fetch(put.url, {
      method: 'PUT',
      headers: { ...put.headers, origin: ORIGINS[0] ?? '' },
      body: 'x',
    });
    expect([sent.status, sent.headers.get('access-control-allow-origin')]).toEqual([200, ORIGINS[0]]);
    await storage.delete('cors/a');
  });

  it('leaves the rules alone where there is no origin, and reads them', async () => {
    expect(await setup.allowOrigins([])).toBe('none-configured');
    const { state, rules } = await setup.corsRules();
    expect(state).toBe('read');
    expect(rules.find((rule) => rule.ours)?.origins.toSorted()).toEqual(ORIGINS.toSorted());
    expect(rules.find((rule) => !rule.ours)).toMatchObject({ id: 'of-somebody-else', methods: ['GET'] });
  });

  it('tries what the store can do with the permissions of the service, and leaves nothing either', async () => {
    const proxy = await startFaultProxy({ target: TEST_S3_ENDPOINT ?? '' });
    const limited = new S3Clients(testS3Config(proxy.url));
    const denied = { kind: 'status', status: 403, code: 'AccessDenied' } as const;
    for (const query of [
      /(?:^|&)versions(?:=|&|$)/,
      /versionId=/,
      /(?:^|&)tagging(?:=|&|$)/,
      /(?:^|&)lifecycle(?:=|&|$)/,
    ]) {
      proxy.faults.add({ when: { query }, effect: denied });
    }
    const abilities = await new S3BucketSetup(limited, testS3Config(), name).abilities();
    expect(abilities).toMatchObject({ 'conditional-create': 'yes', tags: 'unknown', lifecycle: 'unknown' });
    const { Versions } = await clients.main.send(new ListObjectVersionsCommand({ Bucket: name }));
    expect(Versions ?? []).toEqual([]);
    limited.destroy();
    await proxy.close();
  });

  it('says that it was refused with a wrong secret, and that it is away when nobody answers', async () => {
    const config = testS3Config();
    const wrong = { ...config, credentials: { accessKeyId: 'TESTKEY', secretAccessKey: 'wrong' } };
    const away = { ...config, endpoint: 'http://127.0.0.1:1' };
    for (const [settings, error] of [
      [wrong, StoreRefusedError],
      [away, StoreUnavailableError],
    ] as const) {
      const others = new S3Clients(settings);
      await expect(new S3BucketSetup(others, settings, name).ensure({ corsOrigins: [] })).rejects.toThrow(error);
      others.destroy();
    }
  });
});
