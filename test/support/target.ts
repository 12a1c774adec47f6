import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { Clock } from '../../src/config/clock.js';
import { LocalLinkSigner } from '../../src/local-store/local-link-signer.js';
import { LocalObjectStorage } from '../../src/local-store/local-object-storage.js';
import type { ObjectStorage } from '../../src/object-storage/object-storage.js';
import { openTestBucket, TEST_S3_ENDPOINT, testS3Config } from './test-bucket.js';
import { createTestDatabase } from './test-database.js';

/** Which parts the service under test stands on: `embedded` (the default), or `s3`: PostgreSQL and a real S3 server. */
export const TEST_TARGET = process.env['TEST_TARGET'] === 's3' ? 's3' : 'embedded';

/** The database and the store of one service under test, and a way to look into both behind its back. */
export interface Target {
  readonly kind: 'embedded' | 's3';
  /** What the service is started with. */
  readonly env: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** The store itself, not through the service. */
  store(): Promise<ObjectStorage>;
  /** Asks the database directly. The embedded one must be running. */
  sql<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Removes everything; services must have ended. */
  close(): Promise<void>;
}

/** A fresh database and an empty store. */
export function openTarget(): Promise<Target> {
  return TEST_TARGET === 's3' ? openS3Target() : Promise.resolve(openEmbeddedTarget());
}

function openEmbeddedTarget(): Target {
  const dataDir = makeDataDir();
  return {
    kind: 'embedded',
    env: { DATA_DIR: dataDir },
    dataDir,
    store: () => {
      const clock = new Clock();
      const signer = new LocalLinkSigner({ publicUrl: 'http://127.0.0.1', bucket: 'local', secret: 'unused' }, clock);
      return LocalObjectStorage.open({ root: join(dataDir, 'objects'), bucket: 'local', signer, clock });
    },
    sql: (text, values) => {
      const { url } = JSON.parse(readFileSync(join(dataDir, 'database.json'), 'utf8')) as { url: string };
      return query(url, text, values);
    },
    close: () => {
      rmSync(dataDir, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

async function openS3Target(): Promise<Target> {
  if (TEST_S3_ENDPOINT === undefined) throw new Error('TEST_TARGET=s3 needs TEST_S3_ENDPOINT');
  const dataDir = makeDataDir();
  const database = await createTestDatabase();
  const bucket = await openTestBucket();
  const { credentials, region } = testS3Config();
  return {
    kind: 's3',
    env: {
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      S3_BUCKET_NAME: bucket.name,
      S3_ENDPOINT: TEST_S3_ENDPOINT,
      S3_FORCE_PATH_STYLE: 'true',
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials?.accessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
      BOOTSTRAP_API_KEY: randomBytes(32).toString('hex'),
    },
    dataDir,
    store: () => Promise.resolve(bucket.storage),
    sql: (text, values) => query(database.url, text, values),
    close: async () => {
      await database.drop();
      await bucket.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function makeDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'catalyst-e2e-'));
  // Under root the embedded server runs as another user, who has to get in.
  chmodSync(dir, 0o711);
  return dir;
}

async function query<Row extends object>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}
