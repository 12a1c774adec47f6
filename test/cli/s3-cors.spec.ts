import {
  openTestBucket,
  TEST_S3_ENDPOINT,
  testS3Config,
  WHY_SKIPPED,
  type TestBucket,
} from '../support/test-bucket.js';
import { storage } from './command.js';

const ORIGIN = 'https://app.example.org';
const suite = TEST_S3_ENDPOINT === undefined ? describe.skip : describe;

suite(`the command line, for CORS${TEST_S3_ENDPOINT === undefined ? `: ${WHY_SKIPPED}` : ''}`, () => {
  let bucket: TestBucket;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    bucket = await openTestBucket();
    const { credentials, region } = testS3Config();
    env = {
      S3_BUCKET_NAME: bucket.name,
      S3_ENDPOINT: TEST_S3_ENDPOINT ?? '',
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials?.accessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
    };
  });
  afterAll(() => bucket.close());

  it('leaves the bucket alone without an origin, and says what to set', async () => {
    const { code, stdout, stderr } = await storage(['cors', 'apply'], env);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: .*left as they were: set CORS_ORIGINS to .*\n$/);
    expect((await storage(['cors', 'show'], env)).stdout).toBe('The bucket has no CORS rules.\n');
  });

  it('puts its rule into the bucket, once, and shows it', async () => {
    const withOrigin = { ...env, CORS_ORIGINS: ORIGIN };
    for (const cors of ['applied', 'unchanged']) {
      const { code, stdout } = await storage(['cors', 'apply', '--json'], withOrigin);
      expect([code, JSON.parse(stdout)]).toEqual([0, { cors, origins: [ORIGIN] }]);
    }
    const shown = await storage(['cors', 'show'], env);
    expect(shown.stdout).toMatch(
      /^Rule +catalyst-storage \(of this service\)\n +origins +https:\/\/app\.example\.org\n/,
    );
    expect((await storage(['cors', 'apply'], env)).code).toBe(1);
    expect((await storage(['cors', 'show'], env)).stdout).toBe(shown.stdout);
  });
});
