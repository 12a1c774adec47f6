import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Upload } from 'tus-js-client';
import { Service, until } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';
import { refusalOf, sendByTus, tusClient, UrlsInMemory } from './tus-client.js';

const MIB = 1024 * 1024;
const WAV_HEAD = Buffer.from('RIFF\0\0\0\0WAVEfmt ');
const wav = (bytes: number): Buffer => Buffer.concat([WAV_HEAD, randomBytes(bytes - WAV_HEAD.length)]);
/** One pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

describe('tus-js-client', () => {
  let target: Target;
  let service: Service;

  beforeAll(async () => {
    target = await openTarget();
    service = await Service.start(target, {
      env: { MULTIPART_PART_SIZE_MB: '5', MAX_FILE_SIZE_MB: '20', LOG_LEVEL: 'warn' },
    });
  }, 90_000);

  afterAll(async () => {
    await service.stop();
    await target.close();
  });

  const metadata = (extra: Record<string, string> = {}) => ({ sessionId: '42', filename: 'interview.wav', ...extra });

  /** By their digests: Jest takes seconds for each megabyte that it compares itself. */
  async function expectContent(fileId: string, bytes: Buffer): Promise<void> {
    const response = await service.fetch(`/v1/files/${fileId}/content`);
    expect(response.status).toBe(200);
    expect(sha256(Buffer.from(await response.arrayBuffer()))).toBe(sha256(bytes));
  }

  async function keysBeside(): Promise<readonly string[]> {
    const store = await target.store();
    const { objects } = await store.list({ prefix: 'temp/uploads/' });
    const { uploads } = await store.listUploads();
    return [...objects.map(({ key }) => key), ...uploads.map(({ key }) => key)];
  }

  it('sends a small file in one request', async () => {
    const bytes = wav(100_000);
    const fileId = await sendByTus(service, bytes, { metadata: metadata() });
    await expectContent(fileId, bytes);
    const file = await service.json<{ kind: string; status: string; sessionId: string }>(`/v1/files/${fileId}`);
    expect(file).toMatchObject({ kind: 'session-original', status: 'stored', sessionId: '42', sizeBytes: 100_000 });
    expect(await keysBeside()).toEqual([]);
  });

  it('sends 12 MB in pieces that fit no part', async () => {
    const bytes = wav(12 * MIB + 17);
    const run = tusClient(service, bytes, { metadata: metadata(), chunkSize: 700_001 });
    run.upload.start();
    await expectContent(await run.done, bytes);
    expect(run.requests.filter(({ method }) => method === 'PATCH').length).toBe(18);
    expect(await keysBeside()).toEqual([]);
  });

  it('puts the tails of many small pieces together', async () => {
    const bytes = wav(100_000);
    await expectContent(await sendByTus(service, bytes, { metadata: metadata(), chunkSize: 2000 }), bytes);
    expect(await keysBeside()).toEqual([]);
  });

  it('sends bytes with the creation', async () => {
    const bytes = wav(6 * MIB);
    const run = tusClient(service, bytes, {
      metadata: metadata({ sha256: sha256(bytes) }),
      uploadDataDuringCreation: true,
    });
    run.upload.start();
    const fileId = await run.done;
    expect(run.requests).toEqual([{ method: 'POST', status: 201, offset: String(bytes.length) }]);
    await expectContent(fileId, bytes);
    expect(await service.json(`/v1/files/${fileId}`)).toMatchObject({
      checksum: { algorithm: 'SHA256', value: sha256(bytes) },
    });
  });

  it('sends a stream whose length is told at the end', async () => {
    const bytes = wav(11 * MIB);
    const pieces = Readable.from(
      Array.from({ length: 11 }, (_, at) => bytes.subarray(at * MIB, (at + 1) * MIB)),
      { objectMode: false },
    );
    const fileId = await sendByTus(service, pieces, {
      metadata: metadata(),
      uploadLengthDeferred: true,
      chunkSize: 3 * MIB,
    });
    await expectContent(fileId, bytes);
  });

  it('goes on with another client where the first was stopped', async () => {
    const bytes = wav(15 * MIB);
    const urlStorage = new UrlsInMemory();
    const first = tusClient(service, bytes, { metadata: metadata(), urlStorage, chunkSize: 3 * MIB });
    const stopped = new Promise<void>((resolve) => {
      first.upload.options.onChunkComplete = (_, accepted) => {
        if (accepted >= 6 * MIB) void first.upload.abort().then(resolve);
      };
    });
    first.upload.start();
    await stopped;

    const second = tusClient(service, bytes, { metadata: metadata(), urlStorage });
    const [known] = await second.upload.findPreviousUploads();
    expect(known).toBeDefined();
    if (known !== undefined) second.upload.resumeFromPreviousUpload(known);
    second.upload.start();
    await expectContent(await second.done, bytes);
    const [head] = second.requests;
    expect(head).toMatchObject({ method: 'HEAD', status: 200 });
    expect(Number(head?.offset)).toBeGreaterThanOrEqual(6 * MIB);
  });

  it('is given up by its client', async () => {
    const bytes = wav(9 * MIB);
    const run = tusClient(service, bytes, { metadata: metadata(), chunkSize: 2 * MIB });
    const stopped = new Promise<void>((resolve, reject) => {
      run.upload.options.onChunkComplete = (_, accepted) => {
        if (accepted >= 6 * MIB) run.upload.abort(true).then(resolve, reject);
      };
    });
    run.upload.start();
    await stopped;
    expect(await keysBeside()).toEqual([]);
    const head = await service.fetch(new URL(run.upload.url ?? '').pathname, {
      method: 'HEAD',
      headers: { 'tus-resumable': '1.0.0' },
    });
    expect(head.status).toBe(410);
    await Upload.terminate(run.upload.url ?? '', { headers: { Authorization: `Bearer ${service.key}` } });
  });

  it('is told when its time is up', async () => {
    const run = tusClient(service, wav(3 * MIB), { metadata: metadata(), chunkSize: MIB });
    const stopped = new Promise<void>((resolve) => {
      run.upload.options.onChunkComplete = () => void run.upload.abort().then(resolve);
    });
    run.upload.start();
    await stopped;
    const url = run.upload.url ?? '';
    await target.sql("update upload set expires_at = now() - interval '1 second' where id = $1", [
      url.split('/').at(-1),
    ]);
    const again = tusClient(service, wav(3 * MIB), { uploadUrl: url, endpoint: null });
    again.upload.start();
    await expect(again.done).rejects.toThrow();
    expect(again.requests).toMatchObject([{ method: 'HEAD', status: 410 }]);
    await Upload.terminate(url, { headers: { Authorization: `Bearer ${service.key}` } });
  });

  it('refuses a wrong type by its first bytes', async () => {
    const sent = sendByTus(service, Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(15 * MIB)]), {
      metadata: metadata(),
    });
    expect(await refusalOf(sent)).toMatchObject({ status: 415, code: 'TYPE_NOT_ACCEPTED' });
    expect(await keysBeside()).toEqual([]);
    const small = sendByTus(service, Buffer.from('%PDF-1.7\n'), { metadata: metadata() });
    expect(await refusalOf(small)).toMatchObject({ status: 415, code: 'TYPE_NOT_ACCEPTED' });
    const named = sendByTus(service, wav(1000), { metadata: metadata({ filename: 'a.exe' }) });
    expect(await refusalOf(named)).toMatchObject({ status: 415, code: 'TYPE_NOT_ACCEPTED' });
  });

  it('refuses what is too large, declared or not', async () => {
    const declared = sendByTus(service, wav(21 * MIB), { metadata: metadata() });
    expect(await refusalOf(declared)).toMatchObject({ status: 413, code: 'FILE_TOO_LARGE' });
    const bytes = wav(23 * MIB);
    const streamed = sendByTus(service, Readable.from([bytes], { objectMode: false }), {
      metadata: metadata(),
      uploadLengthDeferred: true,
      chunkSize: 8 * MIB,
    });
    expect(await refusalOf(streamed)).toMatchObject({ status: 413, code: 'FILE_TOO_LARGE' });
    expect(await keysBeside()).toEqual([]);
  });

  it('holds a file to its SHA-256', async () => {
    const bytes = wav(6 * MIB);
    const right = sendByTus(service, bytes, { metadata: metadata({ checksum: `sha256 ${sha256(bytes)}` }) });
    await expect(right).resolves.toMatch(/^[0-9a-f-]{36}$/);
    const wrong = sendByTus(service, bytes, { metadata: metadata({ sha256: sha256(Buffer.from('other')) }) });
    expect(await refusalOf(wrong)).toMatchObject({ status: 422, code: 'CHECKSUM_MISMATCH' });
    const other = sendByTus(service, bytes, { metadata: metadata({ checksum: 'md5 1B2M2Y8AsgTpgAmY7PhCfg==' }) });
    expect(await refusalOf(other)).toMatchObject({ status: 422, code: 'CHECKSUM_UNSUPPORTED' });
    expect(await keysBeside()).toEqual([]);
  });

  it('is told at once that parallelUploads is not offered', async () => {
    const run = tusClient(service, wav(MIB), { metadata: metadata(), parallelUploads: 3 });
    run.upload.start();
    expect(await refusalOf(run.done)).toMatchObject({ status: 400, code: 'CONCATENATION_UNSUPPORTED' });
    await expect(run.done).rejects.toThrow(/parallelUploads/);
  });

  it('takes PATCH as a POST that says so', async () => {
    const bytes = wav(50_000);
    const fileId = await sendByTus(service, bytes, { metadata: metadata(), overridePatchMethod: true });
    await expectContent(fileId, bytes);
  });

  it.each([
    [{ kind: 'session-asset', parameters: { sessionId: '43', category: 'screenshots' } }, 'session-asset'],
    [{ parameters: { sessionId: '43' } }, 'session-original'],
  ])('knows from a token for %j what it need not say', async (body, kind) => {
    const { token } = await service.json<{ token: string }>(
      '/v1/upload-tokens',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
      201,
    );
    const filename = kind === 'session-asset' ? 'a.png' : 'a.wav';
    const bytes = kind === 'session-asset' ? PNG : wav(1000);
    const headers = { Authorization: `Bearer ${token}` };
    const fileId = await sendByTus(service, bytes, { metadata: { filename }, headers });
    expect(await service.json(`/v1/files/${fileId}`)).toMatchObject({ kind, sessionId: '43', status: 'stored' });
    const other = sendByTus(service, bytes, { metadata: { filename, sessionId: '44' }, headers });
    expect(await refusalOf(other)).toMatchObject({ status: 403, code: 'UPLOAD_PINNED' });
  });

  it('shows an upload to nobody else', async () => {
    const run = tusClient(service, wav(3 * MIB), { metadata: metadata(), chunkSize: MIB });
    const stopped = new Promise<void>((resolve) => {
      run.upload.options.onChunkComplete = () => void run.upload.abort().then(resolve);
    });
    run.upload.start();
    await stopped;
    const path = new URL(run.upload.url ?? '').pathname;
    const id = path.split('/').at(-1);
    await target.sql("update upload set principal_id = 'somebody-else' where id = $1", [id]);
    const headers = { 'tus-resumable': '1.0.0' };
    expect((await service.fetch(path, { method: 'HEAD', headers })).status).toBe(404);
    expect((await service.fetch(path, { method: 'DELETE', headers })).status).toBe(404);
    const patch = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream', ...headers };
    expect((await service.fetch(path, { method: 'PATCH', headers: patch, body: 'x' })).status).toBe(404);
    expect((await fetch(run.upload.url ?? '', { method: 'HEAD', headers })).status).toBe(401);
  });

  it('finds a finished upload finished, and adds nothing to it', async () => {
    const run = tusClient(service, wav(100_000), { metadata: metadata() });
    run.upload.start();
    const fileId = await run.done;
    const path = new URL(run.upload.url ?? '').pathname;
    expect(run.upload.url).toMatch(new RegExp(`^http://127.0.0.1:\\d+/v1/tus/`));
    const headers = { 'tus-resumable': '1.0.0' };
    const head = await service.fetch(path, { method: 'HEAD', headers });
    expect(head.status).toBe(200);
    expect(head.headers.get('upload-offset')).toBe('100000');
    expect(head.headers.get('upload-length')).toBe('100000');
    expect(head.headers.get('x-file-id')).toBe(fileId);
    expect(head.headers.get('upload-metadata')).toContain('sessionId');
    const patch = { 'upload-offset': '100000', 'content-type': 'application/offset+octet-stream', ...headers };
    const beyond = await service.fetch(path, { method: 'PATCH', headers: patch, body: 'more' });
    expect(beyond.status).toBe(413);
    expect(await beyond.json()).toMatchObject({ code: 'UPLOAD_LENGTH_EXCEEDED' });
  });

  it('tells what it offers, to anybody', async () => {
    const response = await fetch(`${service.url}/v1/tus`, { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('tus-version')).toBe('1.0.0');
    expect(response.headers.get('tus-extension')).toBe(
      'creation,creation-with-upload,creation-defer-length,termination,expiration',
    );
    expect(Number(response.headers.get('tus-max-size'))).toBeGreaterThan(0);
  });

  it('answers what is no tus in the shape of every error', async () => {
    const post = (headers: Record<string, string>) => service.fetch('/v1/tus', { method: 'POST', headers });
    const errors = await Promise.all([
      post({}),
      post({ 'tus-resumable': '1.0.0' }),
      post({ 'tus-resumable': '1.0.0', 'upload-length': '0', 'upload-metadata': 'filename YS53YXY=' }),
      post({ 'tus-resumable': '1.0.0', 'upload-length': '-1' }),
    ]);
    const codes = await Promise.all(errors.map(async (error) => ((await error.json()) as { code: string }).code));
    expect(codes).toEqual(['TUS_VERSION_UNSUPPORTED', 'TUS_REQUEST_INVALID', 'EMPTY_FILE', 'TUS_REQUEST_INVALID']);
    expect(errors.map(({ status }) => status)).toEqual([412, 400, 400, 400]);
  });

  it('goes by the version, the type of the body and the method that a request names', async () => {
    const head = { 'tus-resumable': '1.0.0', 'upload-length': '20' };
    const named = Buffer.from('other.wav').toString('base64');
    const created = await service.fetch('/v1/tus', {
      method: 'POST',
      headers: { ...head, 'upload-metadata': `filename ${named}` },
    });
    const path = new URL(created.headers.get('location') ?? '').pathname;
    const patch = (headers: Record<string, string>, body = 'x') =>
      service.fetch(path, {
        method: 'PATCH',
        headers: { 'tus-resumable': '1.0.0', 'upload-offset': '0', ...headers },
        body,
      });
    const octets = { 'content-type': 'application/offset+octet-stream' };
    expect((await patch({ ...octets, 'tus-resumable': '0.2.2' })).status).toBe(412);
    expect((await patch({ 'content-type': 'text/plain' })).status).toBe(415);
    expect((await patch({ ...octets, 'x-http-method-override': 'GET' })).status).toBe(400);
    expect((await patch({ ...octets, 'x-http-method-override': 'DELETE' })).status).toBe(204);
    expect((await service.fetch(path, { method: 'HEAD', headers: head })).status).toBe(410);
  });

  it('confirms what had all its bytes when nobody waited for its end', async () => {
    const bytes = wav(6 * MIB);
    const run = tusClient(service, bytes, { metadata: metadata(), chunkSize: 3 * MIB });
    const stopped = new Promise<void>((resolve) => {
      run.upload.options.onChunkComplete = () => void run.upload.abort().then(resolve);
    });
    run.upload.start();
    await stopped;
    const path = new URL(run.upload.url ?? '').pathname;
    const id = path.split('/').at(-1);
    // As if the last byte had been acknowledged, and the process had ended there.
    const length = await until(
      'the upload let go',
      () => target.sql<{ n: string }>('select offset_bytes as n from tus_upload where upload_id = $1', [id]),
      () => true,
    );
    await target.sql('update upload set declared_size_bytes = $2 where id = $1', [id, length[0]?.n]);
    const head = await service.fetch(path, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
    expect(head.status).toBe(200);
    expect(head.headers.get('x-file-id')).not.toBeNull();
    await expectContent(head.headers.get('x-file-id') ?? '', bytes.subarray(0, Number(length[0]?.n)));
  });
});
