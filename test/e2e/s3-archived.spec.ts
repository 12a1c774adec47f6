import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { TEST_S3_ENDPOINT } from '../support/test-bucket.js';
import {
  expectError,
  fixture,
  postJson,
  processed,
  secretsIn,
  startService,
  toAnswer,
  uploaded,
  wav,
  type Answer,
  type FileLink,
  type FileRecord,
  type Running,
} from './e2e.js';

interface ArchivedFile extends FileRecord {
  readonly storageClass: string;
  readonly availability: { readonly state: string; readonly until: string | null };
}

const MEBIBYTE = 1024 * 1024;
const GLACIER = { 'x-amz-storage-class': 'GLACIER' };
const THAWING = { ...GLACIER, 'x-amz-restore': 'ongoing-request="true"' };
const thawedUntil = (until: Date) => ({
  ...GLACIER,
  'x-amz-restore': `ongoing-request="false", expiry-date="${until.toUTCString()}"`,
});

/** No server at hand archives: before a real one stands a proxy that answers as AWS does. */
describe('archived files', () => {
  let proxy: FaultProxy;
  let running: Running;

  beforeAll(async () => {
    if (TEST_S3_ENDPOINT === undefined) throw new Error('TEST_S3_ENDPOINT names no S3 server');
    proxy = await startFaultProxy({ target: TEST_S3_ENDPOINT });
    running = await startService({ S3_ENDPOINT: proxy.url });
  }, 120_000);
  afterAll(async () => {
    await running.close();
    await proxy.close();
  });
  beforeEach(() => {
    proxy.faults.clear();
    proxy.forget();
  });

  const request = async (path: string, init: RequestInit = {}): Promise<Answer> =>
    toAnswer(await running.service.fetch(path, { redirect: 'manual', ...init }));
  const thaw = (id: string, body: unknown = {}): Promise<Answer> =>
    request(`/v1/files/${id}/thaw`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const note = async (): Promise<FileRecord> => {
    const form = { name: 'note.txt', bytes: Buffer.from('A note.') };
    const answer = await running.service.upload('/v1/sessions/archived/files?type=document', form);
    return (await answer.json()) as FileRecord;
  };
  /** From now on the store says this of every object, and lets nobody read one that has to be thawed. */
  const storeSays = (headers: Readonly<Record<string, string>>, readable = false): void => {
    proxy.faults.clear();
    proxy.faults.add({ when: { operation: 'HeadObject' }, effect: { kind: 'headers', headers } });
    proxy.faults.add({ when: { operation: 'RestoreObject' }, effect: { kind: 'status', status: 202 } });
    if (readable) return;
    const refused = { kind: 'status', status: 403, code: 'InvalidObjectState' } as const;
    proxy.faults.add({ when: { operation: 'GetObject' }, effect: refused });
  };
  const record = (id: string): Promise<ArchivedFile> => running.service.json<ArchivedFile>(`/v1/files/${id}`);
  const audited = (id: string): Promise<object[]> =>
    running.target.sql("select details from audit_event where action = 'file.thaw-asked' and subject_id = $1", [id]);

  it.each([
    ['GLACIER', GLACIER],
    ['DEEP_ARCHIVE', { 'x-amz-storage-class': 'DEEP_ARCHIVE' }],
    ['INTELLIGENT_TIERING', { 'x-amz-storage-class': 'INTELLIGENT_TIERING', 'x-amz-archive-status': 'ARCHIVE_ACCESS' }],
  ])('of class %s are 409 wherever their bytes are asked for, with what to do', async (storageClass, headers) => {
    const { id } = await note();
    storeSays(headers);
    for (const answer of [
      await request(`/v1/files/${id}/links`, { method: 'POST' }),
      await request(`/v1/files/${id}/content`),
      await request(`/v1/files/${id}/content?proxy=1`),
    ]) {
      const { details } = expectError(answer, 409, 'ARCHIVED');
      expect(details).toEqual({ fileId: id, storageClass, availability: 'archived', how: `POST /v1/files/${id}/thaw` });
      expect(answer.text).not.toContain('<');
    }
    expect((await request(`/v1/files/${id}/content`, { method: 'HEAD' })).status).toBe(409);
    expect(await record(id)).toMatchObject({ storageClass, availability: { state: 'archived', until: null } });
    expect(JSON.parse((await request(`/v1/files/${id}/object`)).text)).toMatchObject({
      storageClass,
      availability: { state: 'archived', until: null },
    });
    expect(proxy.count('GetObject')).toBe(0);
  });

  it('are thawed once asked for, however often, and given out as long as the copy is there', async () => {
    const { id } = await note();
    storeSays(GLACIER);
    const first = await thaw(id, { days: 2, tier: 'Bulk' });
    expect(first.status).toBe(202);
    expect(JSON.parse(first.text)).toMatchObject({ id, availability: { state: 'thawing', until: null } });
    expect(proxy.count('RestoreObject')).toBe(1);

    storeSays(THAWING);
    const again = await thaw(id);
    expect(again.status).toBe(202);
    expect(JSON.parse(again.text)).toMatchObject({ availability: { state: 'thawing', until: null } });
    expect(proxy.count('RestoreObject')).toBe(1);
    expect(await audited(id)).toEqual([{ details: { days: 2, tier: 'Bulk', storageClass: 'GLACIER' } }]);
    const { details } = expectError(await request(`/v1/files/${id}/content`), 409, 'ARCHIVED');
    expect(details).toMatchObject({ availability: 'thawing' });

    // Whole seconds, as HTTP writes them.
    const until = new Date(Math.floor(Date.now() / 1000) * 1000 + 600_000);
    storeSays(thawedUntil(until), true);
    const link = await postJson<FileLink>(running.service, `/v1/files/${id}/links`, { expiresInSeconds: 3600 });
    expect(new Date(link.expiresAt).getTime()).toBeLessThanOrEqual(until.getTime());
    expect(await (await fetch(link.url)).text()).toBe('A note.');
    const streamed = await request(`/v1/files/${id}/content?proxy=1`);
    expect([streamed.status, streamed.text]).toEqual([200, 'A note.']);
    expect((await record(id)).availability).toEqual({ state: 'thawed', until: until.toISOString() });

    const longer = await thaw(id, { days: 30 });
    expect(longer.status).toBe(202);
    expect(JSON.parse(longer.text)).toMatchObject({ availability: { state: 'thawed', until: until.toISOString() } });
    expect(proxy.count('RestoreObject')).toBe(2);
  });

  it.each([
    ['is at it already', { status: 409, code: 'RestoreAlreadyInProgress' }, [202, undefined, 'thawing']],
    ['has nothing archived after all', { status: 403, code: 'InvalidObjectState' }, [409, 'NOT_ARCHIVED', 'archived']],
    ['does not know how', { status: 501, code: 'NotImplemented' }, [501, 'THAW_UNSUPPORTED', 'archived']],
    [
      'does not thaw in this tier',
      { status: 400, code: 'InvalidArgument' },
      [422, 'THAW_TIER_NOT_AVAILABLE', 'archived'],
    ],
    ['refuses us', { status: 403, code: 'AccessDenied' }, [503, 'STORE_REFUSED', 'archived']],
    // It may have begun: the sweeper asks within a minute or so how far it is.
    ['does not answer', { status: 503, code: 'SlowDown' }, [503, 'STORE_UNAVAILABLE', 'thawing']],
  ] as const)('are asked for of a store that %s', async (_name, answer, [status, code, state]) => {
    const { id } = await note();
    proxy.faults.add({ when: { operation: 'HeadObject' }, effect: { kind: 'headers', headers: GLACIER } });
    proxy.faults.add({ when: { operation: 'RestoreObject' }, effect: { kind: 'status', ...answer } });
    const answered = await thaw(id, { tier: 'Expedited' });
    if (code === undefined) expect(answered.status).toBe(status);
    else expectError(answered, status, code);
    expect((await record(id)).availability.state).toBe(state);
    expect(await audited(id)).toHaveLength(1);
  });

  it('are none where they can be read: there is nothing to thaw', async () => {
    const { id } = await note();
    expectError(await thaw(id), 409, 'NOT_ARCHIVED');
    storeSays({ 'x-amz-storage-class': 'GLACIER_IR' }, true);
    expectError(await thaw(id), 409, 'NOT_ARCHIVED');
    expect((await record(id)).storageClass).toBe('GLACIER_IR');
    expect((await request(`/v1/files/${id}/content`)).status).toBe(302);
    await running.service.fetch(`/v1/files/${id}`, { method: 'DELETE' });
    expectError(await thaw(id), 409, 'FILE_TRASHED');
  });

  it.each([[{ days: 0 }], [{ days: 31 }], [{ days: 1.5 }], [{ days: null }], [{ tier: 'Fast' }], [{ day: 1 }], [[]]])(
    'are not thawed with %j',
    async (body) => {
      const { id } = await note();
      expectError(await thaw(id, body), 400, 'VALIDATION_FAILED');
    },
  );

  it('that go back into the archive while they are asked for are 409 too', async () => {
    const { id } = await note();
    proxy.faults.add({
      when: { operation: 'GetObject' },
      effect: { kind: 'status', status: 403, code: 'InvalidObjectState' },
    });
    expectError(await request(`/v1/files/${id}/content?proxy=1`), 409, 'ARCHIVED');
  });

  it('are not processed, and not tried again: the step fails with a code that says why', async () => {
    proxy.faults.add({
      when: { operation: 'GetObject' },
      effect: { kind: 'status', status: 403, code: 'InvalidObjectState' },
    });
    const file = await uploaded(running.service, 'archived', { name: 'a.wav', bytes: fixture('mono-16k.wav') });
    expect(await processed(running.service, file.id)).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { code: 'ARCHIVED' },
    });
  }, 120_000);

  describe('and content whose source breaks', () => {
    it.each(['cut-answer', 'reset'] as const)(
      'breaks for the client too: %s',
      async (kind) => {
        const file = await uploaded(running.service, 'broken', { name: 'a.wav', bytes: wav(8 * MEBIBYTE) });
        await processed(running.service, file.id);
        const effect = kind === 'reset' ? { kind } : { kind, afterBytes: MEBIBYTE };
        proxy.faults.add({ when: { operation: 'GetObject', path: /session-broken/ }, effect });
        const answer = await running.service.fetch(`/v1/files/${file.id}/content?proxy=1`);
        if (kind === 'reset') {
          expectError(await toAnswer(answer), 503, 'STORE_UNAVAILABLE');
        } else {
          expect(answer.status).toBe(200);
          await expect(answer.arrayBuffer()).rejects.toThrow();
        }
        proxy.faults.clear();
        const whole = await running.service.fetch(`/v1/files/${file.id}/content?proxy=1`);
        expect((await whole.arrayBuffer()).byteLength).toBe(8 * MEBIBYTE);
      },
      180_000,
    );
  });

  it('leave no signature in the log', () => {
    expect(secretsIn(running.service)).toEqual([]);
  });
});
