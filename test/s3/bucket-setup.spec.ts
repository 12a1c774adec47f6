import { randomBytes } from 'node:crypto';
import {
  DeleteBucketCommand,
  GetBucketCorsCommand,
  ListObjectVersionsCommand,
  PutBucketCorsCommand,
} from '@aws-sdk/client-s3';
import { S3Clients } from '../../src/s3/index.js';
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
