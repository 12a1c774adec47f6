import {
  expectError,
  fixture,
  filePart,
  formBody,
  makeKey,
  NOTHING,
  postForm,
  remains,
  secretsIn,
  send,
  startService,
  toAnswer,
  UNKNOWN_ID,
  uploaded,
  type FileRecord,
  type Running,
} from './e2e.js';

const ROUTES: readonly (readonly [string, string])[] = [
  ['POST', '/v1/sessions/42/files'],
  ['GET', '/v1/sessions/42/files'],
  ['GET', '/v1/sessions/42/results'],
  ['GET', '/v1/files'],
  ['GET', `/v1/files/${UNKNOWN_ID}`],
  ['GET', `/v1/files/${UNKNOWN_ID}/object`],
  ['POST', `/v1/files/${UNKNOWN_ID}/links`],
  ['POST', `/v1/files/${UNKNOWN_ID}/restore`],
  ['DELETE', `/v1/files/${UNKNOWN_ID}`],
  ['GET', `/v1/processing/${UNKNOWN_ID}`],
  ['GET', '/metrics'],
];
const NEEDED: readonly (readonly [string, string, string])[] = [
  ['POST', '/v1/sessions/42/files', 'files:write'],
  ['GET', '/v1/sessions/42/files', 'files:read'],
  ['GET', '/v1/sessions/42/results', 'files:read'],
  ['GET', '/v1/files', 'files:read'],
  ['GET', `/v1/files/${UNKNOWN_ID}`, 'files:read'],
  ['GET', `/v1/files/${UNKNOWN_ID}/object`, 'files:read'],
  ['POST', `/v1/files/${UNKNOWN_ID}/links`, 'links:create'],
  ['POST', `/v1/files/${UNKNOWN_ID}/restore`, 'files:write'],
  ['DELETE', `/v1/files/${UNKNOWN_ID}`, 'files:delete'],
  ['GET', `/v1/processing/${UNKNOWN_ID}`, 'processing:read'],
  ['GET', '/metrics', 'metrics:read'],
];
const SCOPES = ['files:read', 'files:write', 'files:delete', 'links:create', 'processing:read', 'metrics:read'];
const RECORDING = { name: 'a.wav', bytes: fixture('mono-16k.wav') };

interface AuditRow {
  readonly action: string;
  readonly principal_id: string;
  readonly principal_kind: string;
  readonly request_id: string | null;
  readonly address: string | null;
  readonly same: boolean;
  readonly details: Record<string, unknown>;
}

describe('access', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService();
  }, 120_000);
  afterAll(() => running.close());

  const as = (key: string, path: string, init: RequestInit = {}): Promise<Response> =>
    running.service.fetch(path, {
      ...init,
      headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string> | undefined) },
    });

  /** `same`: the file's row was last written by the transaction that wrote the audit row. */
  const audited = (fileId: string): Promise<AuditRow[]> =>
    running.target.sql<AuditRow>(
      `select a.action, a.principal_id, a.principal_kind, a.request_id, a.address, a.details,
              a.xmin::text = f.xmin::text as same
       from audit_event a left join stored_file f on f.id::text = a.subject_id
       where a.subject_id = $1 order by a.id`,
      [fileId],
    );

  it.each(ROUTES)('asks for a key: %s %s', async (method, path) => {
    const { url } = running.service;
    const none = await toAnswer(await fetch(url + path, { method }));
    expectError(none, 401, 'API_KEY_MISSING');
    expect(none.headers['www-authenticate']).toBe('Bearer');
    for (const headers of [
      { authorization: 'Bearer not-a-key-of-anybody-at-all' },
      { 'x-api-key': 'not-a-key-of-anybody-at-all' },
      { authorization: `Bearer ${running.service.key}x` },
    ]) {
      expectError(await toAnswer(await fetch(url + path, { method, headers })), 401, 'API_KEY_INVALID');
    }
    const basic = await fetch(url + path, { method, headers: { authorization: 'Basic dXNlcjpwYXNz' } });
    expectError(await toAnswer(basic), 401, 'API_KEY_MISSING');
  });

  it.each(['/health/live', '/health/ready', '/docs', '/docs-json'])('is open to all: %s', async (path) => {
    expect((await fetch(running.service.url + path)).status).toBe(200);
  });

  it('takes the key as Authorization: Bearer and as X-Api-Key', async () => {
    const { url, key } = running.service;
    for (const headers of [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}` },
      { 'x-api-key': key },
    ]) {
      expect((await fetch(`${url}/v1/files`, { headers })).status).toBe(200);
    }
  });

  it('needs no key for a link', async () => {
    const { id } = await uploaded(running.service, 'open', RECORDING);
    const { url } = await running.service.json<{ url: string }>(`/v1/files/${id}/links`, { method: 'POST' }, 201);
    expect((await fetch(url)).status).toBe(200);
  });

  it.each(NEEDED)('asks for the scope of the route: %s %s needs %s', async (method, path, scope) => {
    const others = await makeKey(
      running.target,
      SCOPES.filter((other) => other !== scope),
    );
    const refused = await toAnswer(await as(others.key, path, { method }));
    const body = expectError(refused, 403, 'SCOPE_MISSING');
    expect(body['details']).toEqual({ missing: [scope] });
    const only = await makeKey(running.target, [scope]);
    expect([200, 400, 404]).toContain((await as(only.key, path, { method })).status);
  });

  it('gives no link with an upload to whom it would give none otherwise', async () => {
    const writer = await makeKey(running.target, ['files:write']);
    const form = formBody([filePart('a.wav', RECORDING.bytes)]);
    const headers = { authorization: `Bearer ${writer.key}` };
    const answer = await postForm(running.service, 'linkless', form, { headers, query: '?link=1' });
    expectError(answer, 403, 'SCOPE_MISSING');
    expect(await remains(running, 'linkless')).toEqual(NOTHING);
    expect((await postForm(running.service, 'linkless', form, { headers })).status).toBe(201);
  });

  it('ends with the key', async () => {
    const { id, key } = await makeKey(running.target, ['files:read']);
    expect((await as(key, '/v1/files')).status).toBe(200);
    await running.target.sql('update api_key set revoked_at = now() where id = $1', [id]);
    expectError(await toAnswer(await as(key, '/v1/files')), 401, 'API_KEY_INVALID');
  });

  it('is refused to an upload before a byte of it is kept', async () => {
    const form = formBody([filePart('a.wav', RECORDING.bytes)]);
    expectError(await postForm(running.service, 'nobody', form, { anonymous: true }), 401, 'API_KEY_MISSING');
    expect(await remains(running, 'nobody')).toEqual(NOTHING);
  });

  it('names the sender on the record and in the audit, in the transaction of each change', async () => {
    const { id: principalId, key } = await makeKey(running.target, SCOPES);
    const form = new FormData();
    form.append('file', new Blob([Buffer.from('A note.\n')]), 'note.txt');
    const requestId = 'e2e-audit-0001';
    const answer = await as(key, '/v1/sessions/audit/files?type=document', {
      method: 'POST',
      body: form,
      headers: { 'x-request-id': requestId },
    });
    expect(answer.headers.get('x-request-id')).toBe(requestId);
    const { id, key: objectKey, createdBy } = (await answer.json()) as FileRecord;
    expect(createdBy).toBe(principalId);
    const sender = { principal_id: principalId, principal_kind: 'api-key', address: '127.0.0.1' };
    expect(await audited(id)).toEqual([
      {
        ...sender,
        action: 'file.stored',
        request_id: requestId,
        same: true,
        details: { kind: 'session-original', key: objectKey, sizeBytes: 8 },
      },
    ]);

    await as(key, `/v1/files/${id}`, { method: 'DELETE' });
    expect((await audited(id)).at(-1)).toMatchObject({ ...sender, action: 'file.trashed', same: true });
    await as(key, `/v1/files/${id}`, { method: 'DELETE' });
    expect(await audited(id)).toHaveLength(2);
    await as(key, `/v1/files/${id}/restore`, { method: 'POST' });
    expect((await audited(id)).at(-1)).toMatchObject({ ...sender, action: 'file.restored', same: true });
    const { url } = (await (await as(key, `/v1/files/${id}/links`, { method: 'POST' })).json()) as { url: string };
    const linked = (await audited(id)).at(-1);
    expect(linked).toMatchObject({ ...sender, action: 'link.created' });
    const signature = /X-Amz-Signature=([0-9a-f]+)/.exec(url)?.[1];
    expect(signature).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(linked)).not.toContain(signature);
  });

  it('changes nothing that the audit could not be told of', async () => {
    const kept = await uploaded(running.service, 'unaudited', RECORDING);
    await running.target.sql(
      `alter table audit_event add constraint e2e check (action not in ('file.stored', 'file.trashed')) not valid`,
    );
    try {
      expect((await running.service.fetch(`/v1/files/${kept.id}`, { method: 'DELETE' })).status).toBe(500);
      const form = formBody([filePart('a.wav', RECORDING.bytes)]);
      expectError(await postForm(running.service, 'unaudited-2', form), 500, 'INTERNAL_ERROR');
    } finally {
      await running.target.sql('alter table audit_event drop constraint e2e');
    }
    expect(await running.service.json(`/v1/files/${kept.id}`)).toMatchObject({ status: 'stored' });
    expect(await remains(running, 'unaudited-2')).toEqual(NOTHING);
  });

  it('answers every failure in one shape, with the id of the request', async () => {
    const { service } = running;
    expectError(await send(service, { path: '/v1/nowhere' }), 404, 'ROUTE_NOT_FOUND');
    expectError(await send(service, { path: '/nowhere', anonymous: true }), 404, 'ROUTE_NOT_FOUND');
    expectError(await send(service, { path: '/v1/files', method: 'PUT' }), 404, 'ROUTE_NOT_FOUND');
    expectError(await send(service, { path: '/v1/files/%E0%A4%A' }), 400, 'BAD_REQUEST');
    const echoed = await send(service, { path: '/v1/nowhere', headers: { 'x-request-id': 'mine-0001' } });
    expect(expectError(echoed, 404, 'ROUTE_NOT_FOUND')['requestId']).toBe('mine-0001');
    const forged = await send(service, { path: '/v1/nowhere', headers: { 'x-request-id': 'a b"{}' } });
    expect(expectError(forged, 404, 'ROUTE_NOT_FOUND')['requestId']).not.toBe('a b"{}');
    for (const [type, body] of [
      ['application/json', '{bad'],
      ['application/json', 'null'],
      ['application/json', '"text"'],
    ] as const) {
      const answer = await send(service, {
        path: `/v1/files/${UNKNOWN_ID}/links`,
        body: Buffer.from(body),
        headers: { 'content-type': type },
      });
      expectError(answer, 400, 'MALFORMED_JSON');
    }
    const large = await send(service, {
      path: `/v1/files/${UNKNOWN_ID}/links`,
      body: Buffer.from(JSON.stringify({ filename: 'x'.repeat(200_000) })),
      headers: { 'content-type': 'application/json' },
    });
    expectError(large, 413, 'BODY_TOO_LARGE');
    const charset = await send(service, {
      path: `/v1/files/${UNKNOWN_ID}/links`,
      body: Buffer.from('{}'),
      headers: { 'content-type': 'application/json; charset=klingon' },
    });
    expectError(charset, 415, 'UNSUPPORTED_BODY');
  });

  it('shows operators store operations, uploads and the depth of the queue', async () => {
    const { service } = running;
    await uploaded(service, 'measured', RECORDING);
    const answer = await service.fetch('/metrics');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    expect(text).toMatch(/^catalyst_uploads_total\{kind="session-original",outcome="stored"\} [1-9]/m);
    expect(text).toMatch(/^catalyst_uploaded_bytes_total\{kind="session-original"\} \d{5,}/m);
    expect(text).toMatch(/^catalyst_store_operation_duration_seconds_count\{operation="put",outcome="ok"\} [1-9]/m);
    expect(text).toMatch(/^catalyst_queue_jobs\{state="\w+"\} \d+/m);
    expect(text).toMatch(/^process_cpu_seconds_total /m);
    expect(await (await fetch(`${service.url}/health/live`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${service.url}/health/ready`)).json()).toMatchObject({
      status: 'ok',
      details: {
        database: { status: 'up' },
        store: { status: 'up' },
        queue: { status: 'up' },
        storeAbilities: { status: 'up', probed: true },
      },
    });
  });

  it('builds links from its own address, whatever the Host header says', async () => {
    const { id } = await uploaded(running.service, 'host', RECORDING);
    const answer = await send(running.service, {
      method: 'POST',
      path: `/v1/files/${id}/links`,
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    });
    expect(answer.status).toBe(201);
    expect(answer.text).not.toContain('evil.example');
  });

  it('leaves no key and no signature in the logs', async () => {
    const { service } = running;
    const { id } = await uploaded(service, 'logged', RECORDING);
    const { url } = await service.json<{ url: string }>(`/v1/files/${id}/links`, { method: 'POST' }, 201);
    await fetch(url);
    await fetch(url.replace(/Signature=./, 'Signature=z'));
    // A caller who puts a secret where none belongs.
    await fetch(`${service.url}/v1/files?X-Amz-Signature=${'ab'.repeat(32)}`);
    await fetch(`${service.url}/v1/files?token=${service.key}`);
    expect(service.logs).toContain('TEMP_URL_GENERATED');
    expect(service.logs).toContain('SESSION_FILE_UPLOADED');
    expect(secretsIn(service)).toEqual([]);
  });
});
