import { randomUUID } from 'node:crypto';
import { makeKey, postJson, startService, wav, type Running } from './e2e.js';

interface Begun {
  readonly key: string;
  readonly uploadId: string;
  readonly fileId: string;
}
interface Token {
  readonly token: string;
  readonly companionEndpoint: string;
  readonly tusEndpoint: string;
  readonly expiresAt: string;
}
interface Answer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly message?: string } & Record<string, unknown>;
}

const MEBIBYTE = 1024 * 1024;
const SLOW_MS = 60_000;
const JSON_TYPE = { 'content-type': 'application/json' };

let running: Running;

beforeAll(async () => {
  running = await startService();
}, SLOW_MS);

afterAll(() => running.close());

/** A request with the installation's key, or with this one. */
async function ask(method: string, path: string, given: { body?: unknown; key?: string } = {}): Promise<Answer> {
  const { body, key = running.service.key } = given;
  const response = await fetch(new URL(path, running.service.url), {
    method,
    headers: { ...(body !== undefined && JSON_TYPE), ...(key !== '' && { authorization: `Bearer ${key}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer['body'] };
}

async function begin(metadata: object = {}, filename = 'a.wav'): Promise<Begun> {
  const { status, body } = await ask('POST', '/v1/s3/multipart', { body: { filename, metadata } });
  expect(status).toBe(200);
  return body as unknown as Begun;
}

function pathOf({ uploadId, key }: Pick<Begun, 'uploadId' | 'key'>, rest = ''): string {
  return `/v1/s3/multipart/${encodeURIComponent(uploadId)}${rest}?${new URLSearchParams({ key }).toString()}`;
}

async function sendPart(begun: Begun, bytes: Uint8Array, number = 1): Promise<string> {
  const { body } = await ask('GET', pathOf(begun, `/${number}`));
  const sent = await fetch(String(body['url']), { method: 'PUT', body: Uint8Array.from(bytes) });
  expect(sent.status).toBe(200);
  return sent.headers.get('etag') ?? '';
}

const refusal = ({ status, body }: Answer): readonly unknown[] => [status, body.code];
const token = (body: object = {}): Promise<Token> => postJson(running.service, '/v1/upload-tokens', body);

describe('An upload as Uppy sends it', () => {
  it('is known by uploadId and key together, and to nobody else', async () => {
    const [begun, other] = [await begin(), await begin()];
    const { key: stranger } = await makeKey(running.target, ['files:write']);
    const complete = { parts: [{ PartNumber: 1, ETag: '"x"' }] };
    const wrong = [
      { ...begun, key: other.key },
      { ...begun, key: 'audio-files/sessions/session-1/original/invented.wav' },
      { ...begun, uploadId: 'invented' },
    ];
    for (const ref of wrong) {
      for (const [method, rest, body] of [
        ['GET', ''],
        ['GET', '/1'],
        ['POST', '/complete', complete],
        ['DELETE', ''],
      ] as const)
        expect(refusal(await ask(method, pathOf(ref, rest), { body }))).toEqual([404, 'UPLOAD_NOT_FOUND']);
    }
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/1'],
      ['DELETE', ''],
    ] as const)
      expect(refusal(await ask(method, pathOf(begun, rest), { key: stranger }))).toEqual([404, 'UPLOAD_NOT_FOUND']);
    expect(refusal(await ask('GET', `/v1/s3/multipart/${begun.uploadId}`))).toEqual([400, 'VALIDATION_FAILED']);
  });

  it.each(['0', '10001', '-1', '1.5', 'x', '101'])('has no part %s', async (number) => {
    const begun = await begin();
    const answer = await ask('GET', pathOf(begun, `/${number}`));
    expect(answer.status).toBe(400);
    expect(['INVALID_PART_NUMBER', 'VALIDATION_FAILED']).toContain(answer.body.code);
    const batch = await ask('GET', `${pathOf(begun, '/batch')}&partNumbers=1,${number}`);
    expect(refusal(batch)).toEqual([400, 'INVALID_PART_NUMBER']);
  });

  it('signs several parts at once, and lists them as a bare array', async () => {
    const begun = await begin();
    const { body } = await ask('GET', `${pathOf(begun, '/batch')}&partNumbers=2,1`);
    const urls = body['presignedUrls'] as Record<string, string>;
    expect(Object.keys(urls)).toEqual(['1', '2']);
    const bytes = wav(1000);
    await fetch(urls['1'] ?? '', { method: 'PUT', body: Uint8Array.from(bytes) });
    const listed = await ask('GET', pathOf(begun));
    expect(listed.body).toEqual([{ PartNumber: 1, ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/), Size: 1000 }]);
  });

  it('is finished once, whether ETags have quotes or not, and then over', async () => {
    const begun = await begin({ sessionId: 7, name: 'a.wav', type: 'audio/wav', relativePath: null });
    const ETag = (await sendPart(begun, wav(2000))).replaceAll('"', '');
    const body = { parts: [{ PartNumber: 1, ETag }] };
    const [first, again] = [
      await ask('POST', pathOf(begun, '/complete'), { body }),
      await ask('POST', pathOf(begun, '/complete'), { body: { parts: [{ PartNumber: 1, ETag: `"${ETag}"` }] } }),
    ];
    const location = `${running.service.url}/v1/files/${begun.fileId}`;
    expect(first).toMatchObject({ status: 200, body: { location, key: begun.key, fileId: begun.fileId } });
    expect(again).toEqual(first);
    expect(await ask('GET', `/v1/files/${begun.fileId}`)).toMatchObject({
      body: { status: 'stored', kind: 'session-original', sessionId: '7', sizeBytes: 2000 },
    });
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/2'],
      ['DELETE', ''],
    ] as const)
      expect(refusal(await ask(method, pathOf(begun, rest)))).toEqual([409, 'UPLOAD_FINISHED']);
  });

  it('is given up once and for all, and Uppy gets its JSON', async () => {
    const begun = await begin();
    const answers = [await ask('DELETE', pathOf(begun)), await ask('DELETE', pathOf(begun))];
    expect(answers).toEqual([
      { status: 200, body: {} },
      { status: 200, body: {} },
    ]);
    expect(refusal(await ask('GET', pathOf(begun, '/1')))).toEqual([409, 'UPLOAD_FINISHED']);
    expect((await running.store.listUploads()).uploads.map(({ key }) => key)).not.toContain(begun.key);
  });

  it('says why a file is not taken, with a message that Uppy shows', async () => {
    const begun = await begin();
    const ETag = await sendPart(begun, Buffer.from('no recording at all'));
    const answer = await ask('POST', pathOf(begun, '/complete'), { body: { parts: [{ PartNumber: 1, ETag }] } });
    expect(refusal(answer)).toEqual([415, 'TYPE_NOT_ACCEPTED']);
    expect(answer.body.message).toEqual(expect.any(String));
    expect(await running.store.head(begun.key)).toBeUndefined();
    expect(refusal(await ask('POST', '/v1/s3/multipart', { body: { filename: 'a.exe' } }))[0]).toBe(415);
    const large = { filename: 'a.wav', metadata: { size: 600 * MEBIBYTE } };
    expect(refusal(await ask('POST', '/v1/s3/multipart', { body: large }))).toEqual([413, 'FILE_TOO_LARGE']);
  });

  it('is held to the size that was declared', async () => {
    const begun = await begin({ size: 3000 });
    const ETag = await sendPart(begun, wav(2000));
    const answer = await ask('POST', pathOf(begun, '/complete'), { body: { parts: [{ PartNumber: 1, ETag }] } });
    expect(answer.body.code).toBe('SIZE_MISMATCH');
  });

  it('has no control characters in its names', async () => {
    const { key, uploadId } = await begin();
    const nul = '\u0000';
    for (const [method, path, body] of [
      ['GET', `/v1/s3/multipart/${uploadId}?key=%00`],
      ['GET', '/v1/s3/multipart/%00?key=x'],
      ['GET', `/v1/s3/multipart/${uploadId}/1?key=${key}%00`],
      ['GET', `/v1/s3/multipart/%00/1?key=${key}`],
      ['GET', `/v1/s3/multipart/${uploadId}/batch?partNumbers=1&key=%00`],
      ['POST', `/v1/s3/multipart/${uploadId}/complete?key=%00`, { parts: [{ PartNumber: 1, ETag: 'x' }] }],
      ['DELETE', '/v1/s3/multipart/%00?key=x'],
      ['POST', '/v1/s3/finalize', { key: nul }],
      ['POST', '/v1/s3/finalize?key=%00'],
      ['POST', '/v1/s3/sign', { method: 'PUT', key: nul, uploadId, partNumber: 1 }],
      ['POST', '/v1/s3/sign', { method: 'PUT', key, uploadId: nul, partNumber: 1 }],
      ['POST', '/v1/upload-tokens', { holder: nul }],
    ] as const)
      expect([path, ...refusal(await ask(method, path, { body }))]).toEqual([path, 400, 'VALIDATION_FAILED']);
    const long = 'x'.repeat(1025);
    expect((await ask('GET', `/v1/s3/multipart/${long}?key=x`)).status).toBe(400);
    expect((await ask('GET', `/v1/s3/multipart/x?key=${long}`)).status).toBe(400);
  });

  it.each([
    { sessionId: ['42'] },
    { sessionId: { a: 1 } },
    { sessionId: true },
    { kind: ['session-original'] },
    { sessionId: '42', type: ['audio'] },
    { kind: 'manual-upload', uploadId: ['7'] },
    { size: 'abc' },
    { size: -1 },
    { size: 0 },
    { size: 1.5 },
    { size: [5] },
  ])('is not begun with %j, which means nothing', async (metadata) => {
    const body = { filename: 'm.wav', metadata };
    expect(refusal(await ask('POST', '/v1/s3/multipart', { body }))).toEqual([400, 'VALIDATION_FAILED']);
    const signed = { method: 'POST', key: 'm.wav', ...metadata };
    expect(refusal(await ask('POST', '/v1/s3/sign', { body: signed }))).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('is not begun with a query whose metadata is nested', async () => {
    for (const query of ['metadata[sessionId][]=42', 'metadata[sessionId]=1&metadata[sessionId]=2', 'metadata[size]=x'])
      expect(refusal(await ask('GET', `/v1/s3/params?filename=a.wav&${query}`))).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('is not finished with parts that are none', async () => {
    const begun = await begin();
    for (const parts of [[[]], [[[]]], [null], [{}], ['x'], [[{ PartNumber: 1, ETag: 'x' }]]])
      expect(refusal(await ask('POST', pathOf(begun, '/complete'), { body: { parts } }))).toEqual([
        400,
        'VALIDATION_FAILED',
      ]);
  });

  it('may name 10,000 parts when it is finished, and so may no other request', async () => {
    const begun = await begin();
    const parts = Array.from({ length: 10_000 }, (_, index) => ({
      PartNumber: index + 1,
      ETag: `"${'a'.repeat(32)}"`,
    }));
    const answer = await ask('POST', pathOf(begun, '/complete'), { body: { parts } });
    expect(refusal(answer)).toEqual([400, 'INVALID_PART']);
    for (const path of ['/v1/s3/multipart', '/v1/s3/sign', '/v1/s3/finalize', '/v1/upload-tokens'])
      expect(refusal(await ask('POST', path, { body: { parts } }))).toEqual([413, 'BODY_TOO_LARGE']);
  });
});

describe('A signed control request', () => {
  const sign = async (body: object, key?: string): Promise<Record<string, string>> => {
    const answer = await ask('POST', '/v1/s3/sign', { body, ...(key !== undefined && { key }) });
    expect(answer.status).toBe(200);
    return answer.body as Record<string, string>;
  };
  const send = async (url: string | undefined, init: RequestInit): Promise<readonly [number, string]> => {
    const response = await fetch(url ?? '', init);
    return [response.status, await response.text()];
  };

  it('leads to a file, with the key of ours and the words of S3', async () => {
    const invented = `${randomUUID()}-speech & song.wav`;
    const created = await sign({ method: 'POST', key: invented, sessionId: '9' });
    expect(created['key']).toMatch(/^audio-files\/sessions\/session-9\/original\/\d{8}_\d{6}_speech/);
    const [status, xml] = await send(created['url'], { method: 'POST' });
    const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(xml)?.[1] ?? '';
    expect([status, (await send(created['url'], { method: 'POST' }))[1]]).toEqual([200, xml]);
    const ref = { key: created['key'] ?? '', uploadId };

    const part = await sign({ method: 'PUT', partNumber: 1, ...ref });
    const put = await fetch(part['url'] ?? '', { method: 'PUT', body: Uint8Array.from(wav(1500)) });
    const etag = put.headers.get('etag') ?? '';
    const list = await sign({ method: 'GET', ...ref });
    expect((await send(list['url'], {}))[1]).toContain('<PartNumber>1</PartNumber><ETag>&quot;');

    const complete = await sign({ method: 'POST', ...ref });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
    const [done, answer] = await send(complete['url'], { method: 'POST', body });
    const fileId = /<Location>[^<]*\/v1\/files\/([0-9a-f-]+)<\/Location>/.exec(answer)?.[1] ?? '';
    expect(done).toBe(200);
    expect(await ask('GET', `/v1/files/${fileId}`)).toMatchObject({
      body: { status: 'stored', originalFilename: 'speech & song.wav', sizeBytes: 1500 },
    });
    const abort = await sign({ method: 'DELETE', ...ref });
    const [refused, error] = await send(abort['url'], { method: 'DELETE' });
    expect([refused, error.includes('<Code>NoSuchUpload</Code>')]).toEqual([409, true]);
  });

  it('is good for one operation on one upload, and cannot be altered', async () => {
    const [first, second] = [
      await sign({ method: 'POST', key: 'a.wav' }),
      await sign({ method: 'POST', key: 'a.wav' }),
    ];
    const url = first['url'] ?? '';
    const otherId = /control\/([0-9a-f-]+)/.exec(second['url'] ?? '')?.[1] ?? '';
    const altered = [
      [url.replace(/control\/[0-9a-f-]+/, `control/${otherId}`), 'POST'],
      [url.replace('/create', '/complete'), 'POST'],
      [url.replace('/create', '/parts'), 'GET'],
      [url.replace('/create', ''), 'DELETE'],
      [url.replace(/principal=[^&]+/, 'principal=system'), 'POST'],
      [url.replace(/kind=[^&]+/, 'kind=system'), 'POST'],
      [url.replace(/expires=\d+/, 'expires=99999999999'), 'POST'],
      [url.replace(/signature=\w/, 'signature=-'), 'POST'],
    ] as const;
    for (const [target, method] of altered) {
      const [status, xml] = await send(target, { method });
      expect([target, status, xml.includes('<Code>SignatureDoesNotMatch</Code>')]).toEqual([target, 403, true]);
    }
    expect((await send(url.replace(/\?.*/, ''), { method: 'POST' }))[0]).toBe(400);
    expect(running.service.logs).not.toContain(/signature=(\w+)/.exec(url)?.[1]);
  });

  it('takes XML of parts, and nothing else', async () => {
    const { key = '', url } = await sign({ method: 'POST', key: 'a.wav' });
    const uploadId = /<UploadId>([^<]+)/.exec((await send(url, { method: 'POST' }))[1])?.[1] ?? '';
    const complete = await sign({ method: 'POST', key, uploadId });
    const part = `<Part><PartNumber>1</PartNumber><ETag>${'a'.repeat(32)}</ETag></Part>`;
    const many = `<CompleteMultipartUpload>${part.repeat(10_000)}</CompleteMultipartUpload>`;
    expect((await send(complete['url'], { method: 'POST', body: many }))[1]).toContain('<Code>InvalidPart</Code>');
    for (const body of ['', 'x', '<CompleteMultipartUpload></CompleteMultipartUpload>', '<Part>'.repeat(1000)])
      expect((await send(complete['url'], { method: 'POST', body }))[1]).toContain('<Code>MALFORMED_XML</Code>');
    const [status, large] = await send(complete['url'], { method: 'POST', body: 'x'.repeat(3 * MEBIBYTE) });
    expect([status, large.includes('at most 2048 KiB'), large.includes('JSON')]).toEqual([413, true, false]);
  });

  it('is not made for what no upload needs', async () => {
    for (const body of [
      { method: 'GET', key: 'a.wav' },
      { method: 'DELETE', key: 'a.wav' },
    ])
      expect(refusal(await ask('POST', '/v1/s3/sign', { body }))).toEqual([422, 'REQUEST_NOT_SIGNABLE']);
    const foreign = { method: 'PUT', key: 'a.wav', uploadId: 'invented', partNumber: 1 };
    expect(refusal(await ask('POST', '/v1/s3/sign', { body: foreign }))).toEqual([404, 'UPLOAD_NOT_FOUND']);
  });

  it('is a PUT to the store with its length for a file whose size is known', async () => {
    const bytes = wav(1200);
    const signed = await ask('POST', '/v1/s3/sign', { body: { method: 'PUT', key: 'a.wav', size: bytes.length } });
    const { url, headers, key } = signed.body as { url: string; headers: Record<string, string>; key: string };
    const put = (body: Uint8Array) => fetch(url, { method: 'PUT', headers, body: Uint8Array.from(body) });
    expect((await put(bytes.subarray(1))).status).toBe(403);
    expect((await put(bytes)).status).toBe(200);
    const done = await ask('POST', `/v1/s3/finalize?key=${encodeURIComponent(key)}`);
    expect(done).toMatchObject({ status: 200, body: { status: 'stored', key, sizeBytes: bytes.length } });
  });
});

describe('An upload token', () => {
  it('opens nothing but uploads', async () => {
    const { token: key, companionEndpoint, tusEndpoint } = await token();
    expect([companionEndpoint, tusEndpoint]).toEqual([
      `${running.service.url}/v1/s3/t/${key}`,
      `${running.service.url}/v1/tus`,
    ]);
    for (const [method, path] of [
      ['GET', '/v1/files'],
      ['GET', `/v1/files/${randomUUID()}/content`],
      ['POST', `/v1/files/${randomUUID()}/links`],
      ['DELETE', `/v1/files/${randomUUID()}`],
      ['POST', '/v1/sessions/42/results'],
      ['GET', '/v1/sessions/42/files'],
      ['POST', '/v1/upload-tokens'],
    ] as const)
      expect([path, ...refusal(await ask(method, path, { key }))]).toEqual([path, 403, 'UPLOAD_TOKEN_REFUSED']);
    for (const path of ['/v1/files', '/v1/s3/t/x/../../files']) {
      const response = await fetch(`${companionEndpoint}${path}`);
      expect(response.status).toBe(404);
    }
    expect((await fetch(`${running.service.url}/v1/s3/t/${running.service.key}/s3/params?filename=a.wav`)).status).toBe(
      401,
    );
    const opened = { kind: 'manual-upload', filename: 'a.wav', size: 10 };
    expect((await ask('POST', '/v1/uploads', { body: opened, key })).status).toBe(201);
    expect(running.service.logs).not.toContain(key.slice(0, 60));
  });

  it('is bound to a kind and its parameters', async () => {
    const { companionEndpoint } = await token({ kind: 'session-asset', parameters: { sessionId: '5' } });
    const params = async (query: string): Promise<readonly unknown[]> => {
      const response = await fetch(`${companionEndpoint}/s3/params?filename=a.pdf${query}`);
      const body = (await response.json()) as { code?: string };
      return [response.status, body.code];
    };
    const category = '&metadata[category]=shared-documents';
    expect(await params(category)).toEqual([200, undefined]);
    expect(await params(`${category}&metadata[sessionId]=5&metadata[kind]=session-asset`)).toEqual([200, undefined]);
    expect(await params(`${category}&metadata[sessionId]=6`)).toEqual([403, 'UPLOAD_PINNED']);
    expect(await params('&metadata[kind]=manual-upload')).toEqual([403, 'UPLOAD_PINNED']);
    const rows = await running.target.sql<{ session_id: string }>(
      "select distinct session_id from stored_file where kind = 'session-asset'",
    );
    expect(rows).toEqual([{ session_id: '5' }]);
  });

  it.each<{ sessionId: unknown }>([
    { sessionId: { toString: 1 } },
    { sessionId: {} },
    { sessionId: ['42'] },
    { sessionId: [[]] },
    { sessionId: true },
    { sessionId: null },
    { sessionId: 42.5 },
  ])('is bound to text, and takes nothing else for it: %j', async ({ sessionId }) => {
    const { token: key } = await token({ parameters: { sessionId: '42' } });
    const body = { kind: 'session-original', filename: 'a.wav', size: 10, sessionId };
    expect(refusal(await ask('POST', '/v1/uploads', { body, key }))).toEqual([400, 'VALIDATION_FAILED']);
    expect(refusal(await ask('POST', '/v1/uploads', { body }))).toEqual([400, 'VALIDATION_FAILED']);
    const right = await ask('POST', '/v1/uploads', { body: { ...body, sessionId: 42 }, key });
    expect(right.status).toBe(201);
  });

  it('keeps uploads of its holders apart, unless they are one', async () => {
    const [one, two] = [await token(), await token()];
    const [mine, again, same] = [
      await token({ holder: 'u1' }),
      await token({ holder: 'u1' }),
      await token({ holder: 'u2' }),
    ];
    const opened = async (key: string) =>
      (await ask('POST', '/v1/s3/multipart', { body: { filename: 'a.wav' }, key })).body as unknown as Begun;
    const [first, held] = [await opened(one.token), await opened(mine.token)];
    expect((await ask('GET', pathOf(first), { key: one.token })).status).toBe(200);
    expect((await ask('GET', pathOf(held), { key: again.token })).status).toBe(200);
    for (const [ref, key] of [
      [first, two.token],
      [first, running.service.key],
      [held, same.token],
    ] as const)
      expect(refusal(await ask('GET', pathOf(ref), { key }))).toEqual([404, 'UPLOAD_NOT_FOUND']);
  });

  it('ends when it expires, is altered, or its key is revoked', async () => {
    const { id, key: issuer } = await makeKey(running.target, ['files:write']);
    const made = await ask('POST', '/v1/upload-tokens', { body: {}, key: issuer });
    const { token: key } = made.body as unknown as Token;
    const listed = (given: string) => ask('GET', '/v1/s3/params?filename=a.wav', { key: given });
    expect((await listed(key)).status).toBe(200);
    for (const altered of [
      `${key}x`,
      key.slice(0, -1),
      `${key.slice(0, 30)}A${key.slice(31)}`,
      'cs_upload_',
      'cs_upload_x',
    ])
      expect(refusal(await listed(altered))).toEqual([401, 'UPLOAD_TOKEN_INVALID']);
    await running.target.sql('update api_key set revoked_at = now() where id = $1', [id]);
    expect(refusal(await listed(key))).toEqual([401, 'UPLOAD_TOKEN_INVALID']);

    const { token: short } = await token({ expiresInSeconds: 1 });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(refusal(await listed(short))).toEqual([401, 'UPLOAD_TOKEN_EXPIRED']);
  });

  it.each([
    [{ kind: 'nothing' }, 400],
    [{ kind: 'user-avatar' }, 422],
    [{ parameters: { colour: 'red' } }, 400],
    [{ kind: 'manual-upload', parameters: { sessionId: '1' } }, 400],
    [{ parameters: { sessionId: 7 } }, 400],
    [{ parameters: { sessionId: '../x' } }, 400],
    [{ kind: 'session-original', parameters: { sessionId: '../x' } }, 400],
    [{ kind: 'session-original', parameters: { sessionId: '1', type: 'smell' } }, 400],
    [{ kind: 'session-asset', parameters: { category: 'no category' } }, 400],
    [{ expiresInSeconds: 0 }, 400],
    [{ expiresInSeconds: 86_401 }, 400],
    [{ maxFiles: 3 }, 400],
  ])('is not made out of %j', async (body, status) => {
    expect((await ask('POST', '/v1/upload-tokens', { body })).status).toBe(status);
  });
});
