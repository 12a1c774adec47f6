import { createHash, randomBytes } from 'node:crypto';
import { Service, until } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';
import { GatedProxy } from './gated-proxy.js';
import { tusClient } from './tus-client.js';

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const CASE_MS = 120_000;
const wav = (bytes: number): Buffer => Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVEfmt '), randomBytes(bytes - 16)]);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

describe('a tus upload whose service is killed', () => {
  let target: Target;
  let proxy: GatedProxy;
  let service: Service;

  async function start(): Promise<void> {
    service = await Service.start(target, {
      env: { MULTIPART_PART_SIZE_MB: '5', PUBLIC_URL: proxy.url, LOG_LEVEL: 'warn' },
    });
    proxy.target = service.url;
  }

  beforeAll(async () => {
    target = await openTarget();
    proxy = await GatedProxy.start();
    await start();
  }, CASE_MS);

  afterAll(async () => {
    await service.stop();
    await proxy.close();
    await target.close();
  }, CASE_MS);

  it(
    'goes on where the last acknowledged byte was, and sends at most one part again',
    async () => {
      const bytes = wav(18 * MIB + 5);
      proxy.allow(13 * MIB);
      const run = tusClient(service, bytes, {
        endpoint: `${proxy.url}/v1/tus`,
        metadata: { sessionId: '42', filename: 'interview.wav' },
        retryDelays: Array.from({ length: 60 }, () => 500),
      });
      run.upload.start();
      const [row] = await until(
        'Two parts acknowledged, and the rest on its way',
        () => target.sql<{ n: string }>('select offset_bytes as n from tus_upload'),
        (rows) => proxy.bytes === 13 * MIB && Number(rows[0]?.n) === 2 * PART,
      );
      expect(Number(row?.n)).toBe(2 * PART);
      await service.kill9();
      proxy.allow(Infinity);
      await start();

      const fileId = await run.done;
      const patches = proxy.passed.filter(({ method, bodyBytes }) => method === 'PATCH' && bodyBytes > 0);
      expect(Number(patches.at(-1)?.uploadOffset)).toBe(2 * PART);
      expect(proxy.bytes - bytes.length).toBeLessThanOrEqual(PART);
      const content = await service.fetch(`/v1/files/${fileId}/content`);
      expect(sha256(Buffer.from(await content.arrayBuffer()))).toBe(sha256(bytes));
      const store = await target.store();
      expect((await store.list({ prefix: 'temp/' })).objects).toEqual([]);
      expect((await store.listUploads()).uploads).toEqual([]);
    },
    CASE_MS,
  );

  it(
    'keeps what arrived when it is told to end, and goes on with it in another process',
    async () => {
      const bytes = wav(9 * MIB);
      const before = proxy.bytes;
      proxy.allow(before + 7 * MIB);
      const run = tusClient(service, bytes, {
        endpoint: `${proxy.url}/v1/tus`,
        metadata: { sessionId: '42', filename: 'second.wav' },
        retryDelays: Array.from({ length: 60 }, () => 500),
      });
      run.upload.start();
      await until(
        'One part acknowledged, and the rest on its way',
        () => target.sql<{ n: string }>('select offset_bytes as n from tus_upload order by upload_id desc limit 1'),
        (rows) => proxy.bytes === before + 7 * MIB && Number(rows[0]?.n) === PART,
      );
      await service.stop();
      proxy.allow(Infinity);
      await start();
      const fileId = await run.done;
      const content = await service.fetch(`/v1/files/${fileId}/content`);
      expect(sha256(Buffer.from(await content.arrayBuffer()))).toBe(sha256(bytes));
      const patches = proxy.passed.filter(({ method, bodyBytes }) => method === 'PATCH' && bodyBytes > 0);
      expect(Number(patches.at(-1)?.uploadOffset)).toBe(7 * MIB);
    },
    CASE_MS,
  );
});
