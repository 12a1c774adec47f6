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

  it('is kept to by an upload over tus whose length is told late', async () => {
    const key = await ownersKey('user-tus');
    const tus = (path: string, method: string, headers: Record<string, string>, body?: Buffer) =>
      fetch(new URL(path, running.service.url), {
        method,
        headers: { authorization: `Bearer ${key}`, 'tus-resumable': '1.0.0', ...headers },
        ...(body && { body: Uint8Array.from(body) }),
      });
    const open = async (): Promise<string> => {
      const metadata = `filename ${Buffer.from('a.wav').toString('base64')}`;
      const opened = await tus('/v1/tus', 'POST', { 'upload-defer-length': '1', 'upload-metadata': metadata });
      expect(opened.status).toBe(201);
      return opened.headers.get('location') ?? '';
    };
    const patch = (path: string, length: number) =>
      tus(
        path,
        'PATCH',
        {
          'upload-offset': '0',
          'upload-length': String(length),
          'content-type': 'application/offset+octet-stream',
        },
        FILE.subarray(0, 1000),
      );
    const [first, second] = [await open(), await open()];
    expect((await patch(first, FILE.length)).status).toBe(204);
    const refused = await patch(second, FILE.length);
    expect(refused.status).toBe(507);
    expect(await refused.json()).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { usedBytes: 0, reservedBytes: FILE.length },
    });
    expect((await tus(second, 'HEAD', {})).status).toBe(410);
    expect((await tus(first, 'DELETE', {})).status).toBe(204);
    expect((await patch(await open(), FILE.length)).status).toBe(204);
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
