import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getSignedUrl } from '@aws-sdk/cloudfront-signer';
import { openEdge, type Edge } from '../support/cloudfront-edge.js';
import { Service, until } from '../support/service.js';
import { openTarget } from '../support/target.js';
import {
  expectError,
  postJson,
  secretsIn,
  startService,
  toAnswer,
  type FileLink,
  type FileRecord,
  type Running,
} from './e2e.js';
import {
  BYTES,
  expectDownload,
  expectNoForgery,
  ledger,
  post,
  secretsOf,
  upload,
  type Get,
  type Batch,
} from './link-checks.js';

const DOMAIN = 'media.example.org';
const KEY_PAIR_ID = 'K2JCJMDEHXQW5F';

describe('links of CloudFront in front of S3', () => {
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

  it('end in the same second when they are asked for again', async () => {
    const ask = (path: string, body: object): ReturnType<typeof post> =>
      post(running, path, body, { 'idempotency-key': path });
    for (const [path, body] of [
      [`/v1/files/${file.id}/links`, { expiresInSeconds: 600 }],
      ['/v1/links', { fileIds: [file.id, other.id], expiresInSeconds: 600 }],
    ] as const) {
      const [first, again] = [await ask(path, body), await ask(path, body)];
      expect([first.status, again.status]).toEqual([201, 201]);
      const ends = (text: string): readonly string[] => text.match(/"expiresAt":"[^"]+"/g) ?? [];
      expect(ends(first.text).length).toBeGreaterThan(0);
      expect(ends(again.text)).toEqual(ends(first.text));
    }
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
      expect(again.body).toEqual(first.body);
      expect(await ledger(running, ['links'])).toHaveLength(before + 1);

      const short = { 'idempotency-key': 'cookies-2' };
      const ask = (): ReturnType<typeof post> =>
        post(running, '/v1/sessions/links/cookies', { expiresInSeconds: 2 }, short);
      await ask();
      expectError(await until('the end of cookies', ask, ({ status }) => status !== 201), 409, 'LINK_ENDED');
      expect(await ledger(running, ['links'])).toHaveLength(before + 2);
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
