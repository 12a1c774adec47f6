import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getSignedUrl } from '@aws-sdk/cloudfront-signer';
import { openEdge, type Edge } from '../support/cloudfront-edge.js';
import { Service, until } from '../support/service.js';
import { openTarget, TEST_TARGET } from '../support/target.js';
import {
  downloadName,
  expectError,
  fixture,
  makeKey,
  postJson,
  secretsIn,
  startService,
  toAnswer,
  UNKNOWN_ID,
  uploaded,
  type Answer,
  type FileLink,
  type FileRecord,
  type Running,
} from './e2e.js';

const NAME = 'Entrevista №1 (final).flac';
const BYTES = fixture('mono-22k.flac');
const STORE = TEST_TARGET === 's3' ? 's3' : 'local';
const DOMAIN = 'media.example.org';
const KEY_PAIR_ID = 'K2JCJMDEHXQW5F';

type Get = (url: string, init?: RequestInit) => Promise<Response>;
interface Batch {
  readonly items: readonly (FileLink & { readonly fileId: string })[];
}
interface AuditRow {
  readonly subject_id: string;
  readonly details: Record<string, string>;
  readonly address: string;
  readonly statement: string;
}

const upload = (running: Running, session: string): Promise<FileRecord> =>
  uploaded(running.service, session, { name: NAME, bytes: BYTES });

const post = async (running: Running, path: string, body?: unknown, headers = {}): Promise<Answer> =>
  toAnswer(
    await running.service.fetch(path, {
      method: 'POST',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    }),
  );

/** What the ledger has of these, oldest first. Rows of one INSERT have one `statement`. */
const ledger = (running: Running, subjects: readonly string[]): Promise<AuditRow[]> =>
  running.target.sql<AuditRow>(
    `select subject_id, details, address, xmin::text || '/' || cmin::text as statement from audit_event
      where subject_id = any($1) and action in ('link.created', 'cookies.created') order by id`,
    [subjects],
  );

async function expectDownload(get: Get, url: string): Promise<void> {
  const whole = await get(url);
  expect(whole.status).toBe(200);
  expect(whole.headers.get('content-type')).toBe('audio/flac');
  expect(whole.headers.get('content-disposition')).toMatch(/^attachment;/);
  expect(downloadName(whole.headers.get('content-disposition'))).toBe(NAME);
  expect(Buffer.from(await whole.arrayBuffer()).equals(BYTES)).toBe(true);
  for (const [range, from, to] of [
    ['bytes=100-1099', 100, 1100],
    ['bytes=-50', BYTES.length - 50, BYTES.length],
  ] as const) {
    const part = await get(url, { headers: { range } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${BYTES.length}`);
    expect(Buffer.from(await part.arrayBuffer()).equals(BYTES.subarray(from, to))).toBe(true);
  }
}

/** The same URL with one thing changed, in every way that may let somebody have more than was given. */
function forgeries(url: string, other: string): Map<string, string> {
  const [address = '', query = ''] = url.split('?');
  const pairs = query.split('&');
  const forged = new Map<string, string>([
    ['the path of another file', `${other.split('?')[0] ?? ''}?${query}`],
    ['a longer path', `${address}x?${query}`],
    ['no query', address],
    ['one parameter more', `${url}&response-content-type=text%2Fhtml`],
    ['one parameter more, at the front', `${address}?response-content-disposition=inline&${query}`],
  ]);
  pairs.forEach((pair, index) => {
    const [name = '', value = ''] = pair.split('=');
    const last = value.at(-1);
    const changed = `${value.slice(0, -1)}${last === '1' ? '2' : '1'}`;
    // In base64 the last characters before the padding may hold bits that no one reads: the first is changed as well.
    const atFront = `${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`;
    for (const [what, text] of [
      [`${name} changed`, changed],
      [`${name} changed at its front`, atFront],
      [`${name} emptied`, ''],
    ] as const) {
      // An empty parameter that is emptied is the link itself.
      if (text !== value) forged.set(what, `${address}?${pairs.with(index, `${name}=${text}`).join('&')}`);
    }
    forged.set(`no ${name}`, `${address}?${pairs.filter((_, at) => at !== index).join('&')}`);
  });
  return forged;
}

async function expectNoForgery(get: Get, links: readonly [FileLink, FileLink]): Promise<void> {
  const [{ url }, other] = links;
  const taken: string[] = [];
  for (const [what, forged] of forgeries(url, other.url)) {
    const { status, text } = await toAnswer(await get(forged));
    if (![400, 403].includes(status) || text.includes('fLaC')) taken.push(`${what}: ${status}`);
  }
  expect(taken).toEqual([]);
}

/** Every value in a link that nobody may find in a log. */
function secretsOf(url: string): string[] {
  return [...new URL(url).searchParams]
    .filter(([name]) => ['X-Amz-Signature', 'Signature', 'Policy'].includes(name))
    .map(([, value]) => value);
}

describe(`links of the ${STORE} store`, () => {
  let running: Running;
  let file: FileRecord;
  let other: FileRecord;

  beforeAll(async () => {
    running = await startService();
    file = await upload(running, 'links');
    other = await upload(running, 'links');
  }, 120_000);
  afterAll(() => running.close());

  const link = (id: string, body: object = {}): Promise<FileLink> =>
    postJson(running.service, `/v1/files/${id}/links`, body);

  it('download the right bytes under the right name, by range too', async () => {
    const { url, expiresAt, servedBy } = await link(file.id);
    expect(servedBy).toBe(STORE);
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    await expectDownload(fetch, url);
  });

  it('open nothing once they are altered', async () => {
    await expectNoForgery(fetch, [await link(file.id), await link(other.id)]);
  });

  it('open nothing once they have expired', async () => {
    const { url, expiresAt } = await link(file.id, { expiresInSeconds: 1 });
    const ended = await until(
      'the end of a link',
      async () => toAnswer(await fetch(url)),
      ({ status }) => status !== 200,
    );
    expect(ended.status).toBe(403);
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now());
  });

  it('are not held to what their server cannot enforce', async () => {
    const before = await ledger(running, [file.id]);
    for (const ip of ['203.0.113.7', '203.0.113.0/24', '2001:db8::/32']) {
      const answer = await post(running, `/v1/files/${file.id}/links`, { ip });
      expect(expectError(answer, 422, 'ADDRESS_NOT_ENFORCEABLE')).toMatchObject({ details: { servedBy: STORE } });
    }
    const startsAt = new Date(Date.now() + 60_000).toISOString();
    const late = await post(running, `/v1/files/${file.id}/links`, { startsAt });
    expectError(late, 422, 'START_NOT_ENFORCEABLE');
    expectError(
      await post(running, '/v1/links', { fileIds: [file.id], ip: '10.0.0.1' }),
      422,
      'ADDRESS_NOT_ENFORCEABLE',
    );
    expect(await ledger(running, [file.id])).toEqual(before);
  });

  it('come in batches, in order, entered in one INSERT with who, what for and until when', async () => {
    const files = [await upload(running, 'batch'), await upload(running, 'batch'), await upload(running, 'batch')];
    const fileIds = [files[2]!.id.toUpperCase(), files[0]!.id, files[1]!.id];
    const order = { fileIds, expiresInSeconds: 600, disposition: 'inline', purpose: 'review by the board 👩‍⚖️' };
    const { items } = await postJson<Batch>(running.service, '/v1/links', order);
    expect(items.map(({ fileId }) => fileId)).toEqual(fileIds.map((id) => id.toLowerCase()));
    for (const item of items) {
      expect(item.servedBy).toBe(STORE);
      const content = await fetch(item.url);
      expect(content.headers.get('content-disposition')).toMatch(/^inline;/);
      expect(Buffer.from(await content.arrayBuffer()).equals(BYTES)).toBe(true);
    }
    const rows = await ledger(
      running,
      files.map(({ id }) => id),
    );
    expect(rows).toHaveLength(3);
    expect(new Set(rows.map((row) => row.statement)).size).toBe(1);
    for (const row of rows) {
      const { expiresAt } = items.find(({ fileId }) => fileId === row.subject_id)!;
      expect(row).toMatchObject({
        address: '127.0.0.1',
        details: { expiresAt, servedBy: STORE, purpose: order.purpose },
      });
      expect(JSON.stringify(row)).not.toMatch(/Signature|https?:/);
    }
    expect(running.service.logs.match(/TEMP_URL_GENERATED/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('come in batches of a hundred, still entered in one INSERT, and no more', async () => {
    // A link says nothing of whether the object is there: records alone do for the number.
    const records = await running.target.sql<{ id: string }>(
      `insert into stored_file select (jsonb_populate_record(file, jsonb_build_object(
           'id', gen_random_uuid(), 'key', file.key || '-' || number))).*
         from stored_file file, generate_series(2, 101) number where file.id = $1 returning id`,
      [file.id],
    );
    const hundred = records.map(({ id }) => id);
    const { items } = await postJson<Batch>(running.service, '/v1/links', { fileIds: hundred });
    expect(items.map(({ fileId }) => fileId)).toEqual(hundred);
    expect(new Set(items.map(({ url }) => url)).size).toBe(100);
    const rows = await ledger(running, hundred);
    expect(rows).toHaveLength(100);
    expect(new Set(rows.map((row) => row.statement)).size).toBe(1);

    await running.target.sql('delete from stored_file where id = any($1)', [hundred]);
    const answer = await post(running, '/v1/links', { fileIds: hundred });
    const { details } = expectError(answer, 404, 'FILE_NOT_FOUND') as { details: { files: { fileId: string }[] } };
    expect(details.files.map(({ fileId }) => fileId)).toEqual(hundred);
    for (const body of [
      { fileIds: [...hundred, UNKNOWN_ID] },
      { fileIds: [] },
      { fileIds: [file.id, file.id.toUpperCase()] },
      { fileIds: ['x'] },
      { fileIds: file.id },
      { fileIds: [[file.id]] },
      { fileIds: null },
      {},
      undefined,
      { fileIds: [file.id], filename: 'a.flac' },
      { fileIds: [file.id], ip: '203.0.113.7/33' },
      { fileIds: [file.id], ip: null },
      { fileIds: [file.id], startsAt: '2026-13-01T00:00:00Z' },
      { fileIds: [file.id], startsAt: '2026' },
      { fileIds: [file.id], startsAt: 0 },
      { fileIds: [file.id], purpose: '' },
      { fileIds: [file.id], purpose: 'a\u0000b' },
      { fileIds: [file.id], purpose: '\ud800' },
      { fileIds: [file.id], purpose: 'x'.repeat(201) },
    ]) {
      expectError(await post(running, '/v1/links', body), 400, 'VALIDATION_FAILED');
    }
    const tooLong = await post(running, '/v1/links', { fileIds: [file.id], expiresInSeconds: 604_801 });
    expectError(tooLong, 400, 'LINK_TOO_LONG');
  });

  it('are made for all files of a batch or for none', async () => {
    const [good, trashed] = [await upload(running, 'none'), await upload(running, 'none')];
    await running.service.fetch(`/v1/files/${trashed.id}`, { method: 'DELETE' });
    const answer = await post(running, '/v1/links', { fileIds: [good.id, trashed.id, UNKNOWN_ID] });
    expect(expectError(answer, 409, 'FILE_TRASHED')).toMatchObject({
      details: {
        files: [
          { fileId: trashed.id, code: 'FILE_TRASHED' },
          { fileId: UNKNOWN_ID, code: 'FILE_NOT_FOUND' },
        ],
      },
    });
    expect(await ledger(running, [good.id, trashed.id])).toEqual([]);
  });

  it('of one batch are entered once, however often it is sent with its Idempotency-Key', async () => {
    const order = { fileIds: [file.id, other.id], expiresInSeconds: 900 };
    const before = (await ledger(running, order.fileIds)).length;
    const headers = { 'idempotency-key': 'batch-1' };
    const [first, again] = await Promise.all([1, 2].map(() => post(running, '/v1/links', order, headers)));
    expect([first?.status, again?.status]).toEqual([201, 201]);
    const ends = [first, again].flatMap((answer) =>
      (JSON.parse(answer!.text) as Batch).items.map((item) => item.expiresAt),
    );
    expect(Math.max(...ends.map(Date.parse)) - Math.min(...ends.map(Date.parse))).toBeLessThanOrEqual(2000);
    expect(await ledger(running, order.fileIds)).toHaveLength(before + 2);
    const another = await post(running, '/v1/links', { ...order, purpose: 'another' }, headers);
    expectError(another, 422, 'IDEMPOTENCY_KEY_REUSED');
  });

  it('are refused to a key without links:create, and cookies to everybody where there is no CloudFront', async () => {
    const { key } = await makeKey(running.target, ['files:read']);
    const authorization = `Bearer ${key}`;
    const batch = await post(running, '/v1/links', { fileIds: [file.id] }, { authorization });
    expectError(batch, 403, 'SCOPE_MISSING');
    expectError(await post(running, '/v1/sessions/links/cookies', {}, { authorization }), 403, 'SCOPE_MISSING');
    expectError(await post(running, '/v1/sessions/links/cookies'), 501, 'CLOUDFRONT_NOT_CONFIGURED');
    expect(await ledger(running, ['links'])).toEqual([]);
  });

  if (STORE === 's3') {
    it('end with the credentials that signed them, and say so', async () => {
      const expiration = new Date(Math.floor(Date.now() / 1000) * 1000 + 20 * 60_000).toISOString();
      const service = await Service.start(running.target, { env: { AWS_CREDENTIAL_EXPIRATION: expiration } });
      try {
        const long = await postJson<FileLink>(service, `/v1/files/${file.id}/links`, { expiresInSeconds: 36_000 });
        expect(long.expiresAt).toBe(expiration);
        const short = await postJson<FileLink>(service, `/v1/files/${file.id}/links`, { expiresInSeconds: 60 });
        expect(Date.parse(short.expiresAt)).toBeLessThan(Date.now() + 61_000);
        await expectDownload(fetch, long.url);
      } finally {
        await service.stop();
      }
    }, 60_000);
  }

  it('leave no signature in the log', async () => {
    const { url } = await link(file.id, { purpose: 'a look at the log' });
    await fetch(url);
    await running.service.fetch(`/v1/files/${file.id}?${url.split('?')[1] ?? ''}`);
    expect(running.service.logs).toContain('TEMP_URL_GENERATED');
    for (const secret of secretsOf(url)) expect(running.service.logs).not.toContain(secret);
    expect(secretsIn(running.service)).toEqual([]);
  });
});

describe(`links of CloudFront in front of the ${STORE} store`, () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = mkdtempSync(join(tmpdir(), 'cloudfront-keys-'));
  const env = {
    CLOUDFRONT_DOMAIN: DOMAIN,
    CLOUDFRONT_KEY_PAIR_ID: KEY_PAIR_ID,
    CLOUDFRONT_PRIVATE_KEY_PATH: join(keys, 'private.pem'),
    CLOUDFRONT_COOKIE_DOMAIN: 'example.org',
    CORS_ORIGINS: 'https://app.example.org',
  };
  let running: Running;
  let edge: Edge;
  let get: Get;
  let file: FileRecord;
  let other: FileRecord;
  const secrets: string[] = [];

  beforeAll(async () => {
    writeFileSync(env.CLOUDFRONT_PRIVATE_KEY_PATH, privateKey.export({ format: 'pem', type: 'pkcs8' }), {
      mode: 0o600,
    });
    running = await startService(env);
    const origin = running.store;
    edge = await openEdge({ domain: DOMAIN, keys: { [KEY_PAIR_ID]: publicKey }, origin });
    get = (url, init) => edge.fetch(url, init);
    file = await upload(running, 'links');
    other = await upload(running, 'others');
  }, 120_000);
  afterAll(async () => {
    await edge.close();
    await running.close();
    rmSync(keys, { recursive: true });
  });
  beforeEach(() => {
    edge.aheadSeconds = 0;
    edge.viewer = undefined;
  });

  const link = async (id: string, body: object = {}): Promise<FileLink> => {
    const made = await postJson<FileLink>(running.service, `/v1/files/${id}/links`, body);
    secrets.push(...secretsOf(made.url));
    return made;
  };
  const code = async (url: string, init?: RequestInit): Promise<number> =>
    (await toAnswer(await get(url, init))).status;

  it('download the right bytes under the right name, by range too', async () => {
    const { url, expiresAt, servedBy } = await link(file.id, { expiresInSeconds: 600 });
    expect(servedBy).toBe('cloudfront');
    expect(url.startsWith(`https://${DOMAIN}/${file.key}?`)).toBe(true);
    // The library makes the same URL of the same resource.
    const resource = url.replace(/&Expires=.*$/, '');
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    expect(getSignedUrl({ url: resource, keyPairId: KEY_PAIR_ID, privateKey: pem, dateLessThan: expiresAt })).toBe(url);
    await expectDownload(get, url);
  });

  it('open nothing once they are altered', async () => {
    await expectNoForgery(get, [await link(file.id), await link(other.id)]);
    const held = { ip: '127.0.0.0/8', startsAt: new Date(Date.now() - 60_000).toISOString() };
    await expectNoForgery(get, [await link(file.id, held), await link(other.id, held)]);
  });

  it('open nothing once they have expired', async () => {
    const { url, expiresAt } = await link(file.id, { expiresInSeconds: 60 });
    edge.aheadSeconds = 58;
    expect(await code(url)).toBe(200);
    edge.aheadSeconds = 60;
    expect(await code(url)).toBe(403);
    expect(new URL(url).searchParams.get('Expires')).toBe(String(Date.parse(expiresAt) / 1000));
  });

  it('open nothing from another address than the one they are held to', async () => {
    for (const [ip, inside, outside] of [
      ['203.0.113.7', '203.0.113.7', '203.0.113.8'],
      ['203.0.113.7/24', '203.0.113.200', '203.0.114.7'],
    ] as const) {
      const { url } = await link(file.id, { ip });
      edge.viewer = inside;
      await expectDownload(get, url);
      edge.viewer = outside;
      expect(await code(url)).toBe(403);
      expect((await ledger(running, [file.id])).at(-1)?.details).toMatchObject({ ip, servedBy: 'cloudfront' });
    }
    for (const ip of ['2001:db8::1', '2001:db8::/32']) {
      expectError(await post(running, `/v1/files/${file.id}/links`, { ip }), 422, 'ADDRESS_NOT_ENFORCEABLE');
    }
  });

  it('open nothing before they begin', async () => {
    const startsAt = new Date(Date.now() + 120_000).toISOString();
    const { url } = await link(file.id, { startsAt, expiresInSeconds: 600 });
    expect(await code(url)).toBe(403);
    edge.aheadSeconds = 125;
    await expectDownload(get, url);
    const never = await post(running, `/v1/files/${file.id}/links`, { startsAt, expiresInSeconds: 100 });
    expectError(never, 400, 'LINK_NEVER_OPEN');
  });

  it('come in batches', async () => {
    const order = { fileIds: [other.id, file.id], ip: '127.0.0.1' };
    const { items } = await postJson<Batch>(running.service, '/v1/links', order);
    expect(items.map(({ fileId, servedBy }) => [fileId, servedBy])).toEqual([
      [other.id, 'cloudfront'],
      [file.id, 'cloudfront'],
    ]);
    for (const { url } of items) {
      secrets.push(...secretsOf(url));
      await expectDownload(get, url);
    }
  });

  describe('as cookies of a session', () => {
    const cookies = async (
      body: object = {},
      headers = {},
    ): Promise<{ body: CookieBody; set: string[]; header: string }> => {
      const response = await running.service.fetch('/v1/sessions/links/cookies', {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      });
      expect(response.status).toBe(201);
      expect(response.headers.get('cache-control')).toBe('no-store');
      const set = response.headers.getSetCookie();
      const pairs = set.map((line) => line.split(';', 1)[0] ?? '');
      secrets.push(
        ...pairs.filter((pair) => !pair.startsWith('CloudFront-Key')).map((pair) => pair.split('=')[1] ?? ''),
      );
      return { body: (await response.json()) as CookieBody, set, header: pairs.join('; ') };
    };
    const at = (key: string): string => `https://${DOMAIN}/${key}`;

    it('open what lies below its folder, and nothing else', async () => {
      const { body, set, header } = await cookies({ expiresInSeconds: 600, purpose: 'the player' });
      const prefix = 'audio-files/sessions/session-links/';
      expect(body).toEqual({
        resource: at(`${prefix}*`),
        expiresAt: expect.any(String) as string,
        cookies: ['CloudFront-Policy', 'CloudFront-Key-Pair-Id', 'CloudFront-Signature'],
      });
      expect(set).toHaveLength(3);
      for (const line of set) {
        const [, ...attributes] = line.split('; ');
        const expires = new Date(body.expiresAt).toUTCString();
        expect(attributes.sort()).toEqual(
          ['Domain=example.org', `Path=/${prefix}`, `Expires=${expires}`, 'HttpOnly', 'Secure', 'SameSite=Lax'].sort(),
        );
      }
      const whole = await get(at(file.key), { headers: { cookie: header } });
      expect(Buffer.from(await whole.arrayBuffer()).equals(BYTES)).toBe(true);
      const part = await get(at(file.key), { headers: { cookie: header, range: 'bytes=0-3' } });
      expect([part.status, await part.text()]).toEqual([206, 'fLaC']);

      const refused = { headers: { cookie: header } };
      expect(await code(at(other.key), refused)).toBe(403);
      expect(await code(at(`${other.key}?x=/${prefix}`), refused)).toBe(403);
      expect(await code(at(`x/${file.key}`), refused)).toBe(403);
      expect(await code(at(file.key))).toBe(403);
      for (const name of ['Policy', 'Signature', 'Key-Pair-Id']) {
        const altered = header.replace(`CloudFront-${name}=`, `CloudFront-${name}=A`);
        expect(await code(at(file.key), { headers: { cookie: altered } })).toBe(403);
      }
      edge.aheadSeconds = 600;
      expect(await code(at(file.key), refused)).toBe(403);

      expect(await ledger(running, ['links'])).toMatchObject([
        {
          address: '127.0.0.1',
          details: { resource: body.resource, expiresAt: body.expiresAt, purpose: 'the player' },
        },
      ]);
      expect(running.service.logs).toContain('SESSION_COOKIES_GENERATED');
    });

    it('may be held to an address, and to another type of original', async () => {
      const { body, set, header } = await cookies({ ip: '203.0.113.0/24', type: 'video' });
      expect(body.resource).toBe(at('video-files/sessions/session-links/*'));
      expect(set[0]).toContain('Path=/video-files/sessions/session-links/;');
      const key = 'video-files/sessions/session-links/original/none.mp4';
      edge.viewer = '203.0.113.9';
      expect(await code(at(key), { headers: { cookie: header } })).toBe(404);
      edge.viewer = '198.51.100.9';
      expect(await code(at(key), { headers: { cookie: header } })).toBe(403);
      for (const wrong of [{ type: '../audio' }, { type: null }, { ip: 'x' }, { filename: 'a' }]) {
        expectError(await post(running, '/v1/sessions/links/cookies', wrong), 400, 'VALIDATION_FAILED');
      }
      expectError(await post(running, '/v1/sessions/a%2Fb/cookies'), 400, 'VALIDATION_FAILED');
      expectError(await post(running, '/v1/sessions/links/cookies', { ip: '::1' }), 422, 'ADDRESS_NOT_ENFORCEABLE');
      const tooLong = await post(running, '/v1/sessions/links/cookies', { expiresInSeconds: 604_801 });
      expectError(tooLong, 400, 'LINK_TOO_LONG');
    });

    it('are taken by browsers on the pages of CORS_ORIGINS', async () => {
      const headers = async (origin: string): Promise<Headers> => {
        const response = await running.service.fetch('/v1/sessions/links/cookies', {
          method: 'POST',
          headers: { origin },
        });
        expect(response.status).toBe(201);
        return response.headers;
      };
      const allowed = await headers('https://app.example.org');
      expect(allowed.get('access-control-allow-origin')).toBe('https://app.example.org');
      expect(allowed.get('access-control-allow-credentials')).toBe('true');
      expect((await headers('https://evil.example')).get('access-control-allow-origin')).toBeNull();
    });

    it('are entered once, however often they are asked for with one Idempotency-Key', async () => {
      const before = (await ledger(running, ['links'])).length;
      const headers = { 'idempotency-key': 'cookies-1' };
      const [first, again] = [await cookies({}, headers), await cookies({}, headers)];
      expect(Math.abs(Date.parse(again.body.expiresAt) - Date.parse(first.body.expiresAt))).toBeLessThanOrEqual(2000);
      expect(await ledger(running, ['links'])).toHaveLength(before + 1);
    });
  });

  it('leave no signature and no policy in the log', async () => {
    const { url } = await link(file.id, { ip: '127.0.0.1' });
    await running.service.fetch(`/v1/files/${file.id}?${url.split('?')[1] ?? ''}`, {
      headers: { cookie: `CloudFront-Signature=${secrets[0] ?? ''}` },
    });
    expect(secrets.length).toBeGreaterThan(20);
    expect(secrets.filter((secret) => running.service.logs.includes(secret))).toEqual([]);
    expect(secretsIn(running.service)).toEqual([]);
  });

  it('stop the start where the key cannot be used, by the name of the variable', async () => {
    const target = await openTarget();
    const service = await Service.start(target, {
      env: { ...env, CLOUDFRONT_PRIVATE_KEY_PATH: join(keys, 'none.pem') },
      detached: true,
    });
    expect(await service.exit()).toEqual({ code: 1, signal: null });
    expect(service.logs).toMatch(/The configuration cannot be used:\n {2}CLOUDFRONT_PRIVATE_KEY_PATH: .*none\.pem/);
    expect(service.logs).not.toMatch(/^\s+at /m);
    await target.close();
  }, 60_000);
});

interface CookieBody {
  readonly resource: string;
  readonly expiresAt: string;
  readonly cookies: readonly string[];
}
