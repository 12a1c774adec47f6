import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { until } from '../support/service.js';
import {
  expectError,
  expectNothingLeft,
  filePart,
  formBody,
  NOTHING,
  postForm,
  remains,
  startService,
  uploaded,
  wav,
  type Answer,
  type Running,
} from './e2e.js';

const MEBIBYTE = 1024 * 1024;
const FILE = wav(600_000);

describe('a quota of owners', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService({ OWNER_QUOTA_MB: '1' });
  }, 120_000);
  afterAll(() => running.close());

  /** A key whose files are an owner's. */
  async function ownersKey(ownerId: string): Promise<string> {
    const key = `cs_${randomBytes(24).toString('base64url')}`;
    await running.target.sql(
      `insert into api_key (id, name, hash, scopes, owner_id, created_at) values ($1, 'e2e', $2, $3, $4, now())`,
      [randomUUID(), createHash('sha256').update(key).digest('hex'), ['admin'], ownerId],
    );
    return key;
  }

  const post = (
    session: string,
    { key, bytes, chunked = false, headers }: { key: string; bytes: Buffer; chunked?: boolean; headers?: object },
  ): Promise<Answer> =>
    postForm(running.service, session, formBody([filePart('a.wav', bytes)]), {
      chunked,
      headers: { authorization: `Bearer ${key}`, ...headers },
    });

  it('refuses a form before its file is taken, leaves nothing, and takes it when room was made', async () => {
    const key = await ownersKey('user-1');
    const first = await post('one', { key, bytes: FILE });
    expect(first.status).toBe(201);
    const { id } = JSON.parse(first.text) as { id: string };
    const again = { key, bytes: FILE, headers: { 'idempotency-key': 'the same' } };
    const refused = expectError(await post('two', again), 507, 'QUOTA_EXCEEDED');
    expect(refused['details']).toMatchObject({ scope: 'owner', quotaBytes: MEBIBYTE, reservedBytes: 0 });
    expect(refused['message']).toContain('purge');
    expect(await remains(running, 'two')).toEqual(NOTHING);
    expect(await running.service.json('/v1/usage?ownerId=user-1')).toMatchObject({ quotaBytes: MEBIBYTE });

    await running.service.fetch(`/v1/files/${id}`, { method: 'DELETE' });
    expectError(await post('two', again), 507, 'QUOTA_EXCEEDED');
    await running.service.fetch(`/v1/files/${id}/purge`, { method: 'POST' });
    await until(
      'room for the file',
      () => post('two', again),
      ({ status }) => status === 201,
      60,
    );
  });

  it('refuses what did not say its size once it is whole, and leaves nothing', async () => {
    const key = await ownersKey('user-2');
    const refused = await post('three', { key, bytes: wav(MEBIBYTE + 2), chunked: true });
    expect(expectError(refused, 507, 'QUOTA_EXCEEDED')['details']).toEqual({
      scope: 'owner',
      quotaBytes: MEBIBYTE,
      usedBytes: 0,
      reservedBytes: 0,
    });
    await expectNothingLeft(running, 'three');
  });

  it('says nothing of files that are nobody’s', async () => {
    await uploaded(running.service, 'four', { name: 'a.wav', bytes: wav(MEBIBYTE + 2) });
  });
});
