import { until } from '../support/service.js';
import {
  beginUpload,
  expectError,
  expectNothingLeft,
  filePart,
  fixture,
  formBody,
  makeKey,
  postForm,
  readToEnd,
  remains,
  startService,
  wav,
  type Answer,
  type FileLink,
  type FileList,
  type FileRecord,
  type Running,
} from './e2e.js';

const SMALL = fixture('mono-16k.wav');
const LARGE = wav(900_000);

describe('a request with an Idempotency-Key', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService();
  }, 120_000);
  afterAll(() => running.close());

  const post = (session: string, key: string, bytes: Buffer, name = 'a.wav', chunked = false): Promise<Answer> =>
    postForm(running.service, session, formBody([filePart(name, bytes)]), {
      chunked,
      headers: { 'idempotency-key': key },
    });
  const files = async (session: string): Promise<readonly FileRecord[]> =>
    (await running.service.json<FileList>(`/v1/sessions/${session}/files`)).items;
  /** An upload that has begun and not ended. */
  const begin = async (session: string, key: string, form: Buffer) => {
    const socket = await beginUpload(running.service, session, {
      'content-length': String(form.length),
      'idempotency-key': key,
      connection: 'close',
    });
    socket.write(form.subarray(0, 500_000));
    await until(
      'a pending file',
      () => remains(running, session),
      ({ rows }) => rows.includes('pending'),
      60,
    );
    return socket;
  };

  it.each([
    ['small', SMALL, false],
    ['larger than what is looked at', LARGE, false],
    ['small, of unknown length', SMALL, true],
    ['larger than what is looked at, of unknown length', LARGE, true],
  ])('takes effect once and is answered alike: a file that is %s', async (what, bytes, chunked) => {
    const session = what.replace(/\W+/g, '-');
    const first = await post(session, `twice-${session}`, bytes, 'a.wav', chunked);
    expect(first.status).toBe(201);
    for (let times = 0; times < 2; times += 1) {
      const again = await post(session, `twice-${session}`, bytes, 'a.wav', chunked);
      expect({ status: again.status, body: JSON.parse(again.text) as unknown }).toEqual({
        status: 201,
        body: JSON.parse(first.text) as unknown,
      });
    }
    expect(await files(session)).toHaveLength(1);
    const { objects } = await remains(running, session);
    expect(objects.filter((key) => key.includes('/original/'))).toHaveLength(1);
  });

  it.each([SMALL, LARGE])('is 422 when it is another request under the same key', async (bytes) => {
    const key = `other-${bytes.length}`;
    expect((await post('other', key, bytes)).status).toBe(201);
    const before = (await files('other')).length;
    for (const other of [
      await post('other', key, bytes, 'b.wav'),
      await post('other', key, bytes.subarray(0, bytes.length - 2)),
      await post('other-session', key, bytes),
    ]) {
      expectError(other, 422, 'IDEMPOTENCY_KEY_REUSED');
    }
    expect(await files('other')).toHaveLength(before);
    expect(await files('other-session')).toHaveLength(0);
  });

  it('is 409 with Retry-After while the first still runs, and its answer afterwards', async () => {
    const form = formBody([filePart('a.wav', LARGE)]);
    const socket = await begin('running', 'running-1', form);
    const second = await post('running', 'running-1', LARGE);
    expectError(second, 409, 'IDEMPOTENCY_IN_PROGRESS');
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
    const answer = readToEnd(socket);
    socket.write(form.subarray(500_000));
    const text = await answer;
    expect(text).toMatch(/^HTTP\/1\.1 201 /);
    const third = await post('running', 'running-1', LARGE);
    expect(third.status).toBe(201);
    expect(JSON.parse(third.text)).toEqual(JSON.parse(text.split('\r\n\r\n', 2)[1] ?? ''));
    expect(await files('running')).toHaveLength(1);
  }, 120_000);

  it('stores one file however many are sent at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('burst', 'burst-1', SMALL)));
    const stored = answers.filter((answer) => answer.status === 201);
    expect(stored.length).toBeGreaterThan(0);
    expect(new Set(stored.map((answer) => (JSON.parse(answer.text) as FileRecord).id)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectError(answer, 409, 'IDEMPOTENCY_IN_PROGRESS');
    }
    expect(await files('burst')).toHaveLength(1);
  });

  it('may be sent again after its sender vanished', async () => {
    const form = formBody([filePart('a.wav', LARGE)]);
    const socket = await begin('retry', 'retry-1', form);
    socket.destroy();
    await expectNothingLeft(running, 'retry');
    const again = await until(
      'an upload that is taken',
      () => post('retry', 'retry-1', LARGE),
      ({ status }) => status !== 409 && status !== 422,
      60,
    );
    expect(again.status).toBe(201);
    expect(await files('retry')).toHaveLength(1);
  }, 180_000);

  it('may be sent again after it was refused', async () => {
    expectError(await post('refused', 'refused-1', Buffer.from('<html></html>')), 415, 'TYPE_NOT_ACCEPTED');
    const two = formBody([filePart('a.wav', SMALL), filePart('b.wav', SMALL)]);
    const headers = { 'idempotency-key': 'refused-1' };
    expectError(await postForm(running.service, 'refused', two, { headers }), 400, 'SECOND_FILE');
    const again = await until(
      'an upload that is taken',
      () => post('refused', 'refused-1', SMALL),
      ({ status }) => status !== 409 && status !== 422,
      60,
    );
    expect(again.status).toBe(201);
    expect(await files('refused')).toHaveLength(1);
  }, 120_000);

  it("is one principal's own", async () => {
    const other = await makeKey(running.target, ['files:write']);
    const mine = await post('principals', 'shared-1', SMALL);
    const theirs = await postForm(running.service, 'principals', formBody([filePart('a.wav', SMALL)]), {
      headers: { 'idempotency-key': 'shared-1', authorization: `Bearer ${other.key}` },
    });
    expect([mine.status, theirs.status]).toEqual([201, 201]);
    expect(await files('principals')).toHaveLength(2);
  });

  it.each(['', 'x'.repeat(256), 'cl\u00e9'])('is refused when the key is no key', async (key) => {
    expectError(await post('invalid', key, SMALL), 400, 'INVALID_IDEMPOTENCY_KEY');
    expect(await files('invalid')).toHaveLength(0);
  });

  it('makes one link, that ends when the first one does, and 422 of another request', async () => {
    const { id } = JSON.parse((await post('links', 'links-1', SMALL)).text) as FileRecord;
    const link = <T = FileLink>(key: string, body: object, status = 201): Promise<T> =>
      running.service.json<T>(
        `/v1/files/${id}/links`,
        {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
        },
        status,
      );
    const first = await link('link-1', { expiresInSeconds: 600 });
    const again = await link('link-1', { expiresInSeconds: 600 });
    expect(again.expiresAt).toBe(first.expiresAt);
    for (const { url } of [first, again]) expect((await fetch(url)).status).toBe(200);
    expect(await link('link-1', { expiresInSeconds: 601 }, 422)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    await link('link-2', { expiresInSeconds: 600 });
    const entered = await running.target.sql(
      "select 1 from audit_event where subject_id = $1 and action = 'link.created'",
      [id],
    );
    expect(entered).toHaveLength(2);
  });

  it('is counted as what it is', async () => {
    await post('counted', 'counted-1', SMALL);
    const bytesOf = async (): Promise<string | undefined> =>
      /^catalyst_uploaded_bytes_total\{.*\} (\d+)/m.exec(await (await running.service.fetch('/metrics')).text())?.[1];
    const before = await bytesOf();
    await post('counted', 'counted-1', SMALL);
    expect(await bytesOf()).toBe(before);
    expect(await (await running.service.fetch('/metrics')).text()).toMatch(
      /^catalyst_uploads_total\{kind="session-original",outcome="replayed"\} [1-9]/m,
    );
  });
});
