import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service, until } from '../support/service.js';
import { openTarget, TEST_TARGET, type Target } from '../support/target.js';
import { GatedProxy } from './gated-proxy.js';
import { sendByTus, tusClient } from './tus-client.js';

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const CASE_MS = 60_000;
const LARGE = Number(process.env['TUS_LARGE_MB'] ?? 128) * MIB;
const HEAD = Buffer.from('RIFF\0\0\0\0WAVEfmt ');
const wav = (bytes: number): Buffer => Buffer.concat([HEAD, randomBytes(bytes - HEAD.length)]);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

/** Several processes share one database and one store only here. */
const onS3 = TEST_TARGET === 's3' ? describe : describe.skip;

onS3('a tus upload on several nodes', () => {
  let target: Target;
  let folder: string;
  let proxy: GatedProxy;
  const nodes: Service[] = [];

  async function node(name: string, env: Record<string, string> = {}): Promise<Service> {
    const [dataDir, temp] = [join(folder, name, 'data'), join(folder, name, 'temp')];
    mkdirSync(dataDir, { recursive: true });
    mkdirSync(temp, { recursive: true });
    const service = await Service.start(target, {
      env: {
        MULTIPART_PART_SIZE_MB: '5',
        MAX_FILE_SIZE_MB: '2048',
        LOG_LEVEL: 'warn',
        DATA_DIR: dataDir,
        TMPDIR: temp,
        PUBLIC_URL: name === 'first' ? proxy.url : '',
        ...env,
      },
    });
    nodes.push(service);
    return service;
  }

  beforeEach(async () => {
    target = await openTarget();
    folder = mkdtempSync(join(tmpdir(), 'catalyst-tus-'));
    proxy = await GatedProxy.start();
  }, CASE_MS);

  afterEach(async () => {
    for (const service of nodes) process.kill(service.pid, 'SIGCONT');
    await Promise.all(nodes.splice(0).map((service) => service.stop()));
    await proxy.close();
    await target.close();
    rmSync(folder, { recursive: true, force: true });
  }, CASE_MS);

  /** A client that has sent 13 MiB through the proxy to the first node, and whose connection stands still now. */
  async function halfSent(service: Service, bytes: Buffer) {
    proxy.target = service.url;
    proxy.allow(13 * MIB);
    const run = tusClient(service, bytes, {
      endpoint: `${proxy.url}/v1/tus`,
      metadata: { sessionId: '42', filename: 'interview.wav' },
      retryDelays: [],
    });
    run.upload.start();
    await until(
      'Two parts acknowledged, and the rest on its way',
      () => target.sql<{ n: string }>('select offset_bytes as n from tus_upload'),
      (rows) => proxy.bytes === 13 * MIB && Number(rows[0]?.n) === 2 * PART,
    );
    return { path: new URL(run.upload.url ?? '').pathname, run };
  }

  async function expectStored(service: Service, fileId: string, bytes: Buffer): Promise<void> {
    const content = await service.fetch(`/v1/files/${fileId}/content`);
    expect(sha256(Buffer.from(await content.arrayBuffer()))).toBe(sha256(bytes));
  }

  it(
    'goes on at another node while the first still holds its connection, with every byte that had arrived',
    async () => {
      const [first, second] = [await node('first'), await node('second')];
      const bytes = wav(20 * MIB);
      const { path } = await halfSent(first, bytes);
      const asked = performance.now();
      const run = tusClient(second, bytes, { uploadUrl: `${second.url}${path}` });
      run.upload.start();
      const fileId = await run.done;
      expect(run.requests[0]).toEqual({ method: 'HEAD', status: 200, offset: String(13 * MIB) });
      console.log(`The other node had finished the upload ${Math.round(performance.now() - asked)} ms after it asked`);
      await expectStored(second, fileId, bytes);
      const store = await target.store();
      expect((await store.list({ prefix: 'temp/' })).objects).toEqual([]);
    },
    CASE_MS,
  );

  it(
    'is taken over from a node that stands still, which adds nothing to it when it goes on',
    async () => {
      const [first, second] = [
        await node('first', { UPLOAD_LEASE_SECONDS: '3' }),
        await node('second', { UPLOAD_LEASE_SECONDS: '3' }),
      ];
      const bytes = wav(20 * MIB);
      const { path, run: stuck } = await halfSent(first, bytes);
      process.kill(first.pid, 'SIGSTOP');
      // The stuck client would go on with other bytes: were they taken, the file would differ.
      const run = tusClient(second, bytes, {
        uploadUrl: `${second.url}${path}`,
        retryDelays: Array.from({ length: 30 }, () => 300),
      });
      run.upload.start();
      const fileId = await run.done;
      expect(run.requests.find(({ status }) => status < 300)).toMatchObject({ offset: String(2 * PART) });
      proxy.allow(Infinity);
      process.kill(first.pid, 'SIGCONT');
      await stuck.done.catch(() => undefined);
      await expectStored(second, fileId, bytes);
      const store = await target.store();
      await until(
        'What the first node had left',
        async () => (await store.list({ prefix: 'temp/' })).objects,
        (objects) => objects.length === 0,
      );
      expect((await store.listUploads()).uploads).toEqual([]);
    },
    CASE_MS,
  );

  it(
    'keeps nothing of a large file on the disk of its node',
    async () => {
      const service = await node('only');
      const bytes = Buffer.alloc(LARGE);
      HEAD.copy(bytes);
      const before = await sizeOf(folder);
      let most = 0;
      let rss = 0;
      let watching = true as boolean;
      const watch = (async () => {
        while (watching) {
          most = Math.max(most, (await sizeOf(folder)) - before);
          rss = Math.max(rss, await residentBytes(service.pid));
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      const startedAt = performance.now();
      const fileId = await sendByTus(service, bytes, { metadata: { sessionId: '42', filename: 'long.wav' } });
      const seconds = (performance.now() - startedAt) / 1000;
      watching = false;
      await watch;
      console.log(
        `${LARGE / MIB} MiB in ${seconds.toFixed(1)} s; the disk grew by ${most} bytes, the process had ${Math.round(rss / MIB)} MiB`,
      );
      expect(most).toBeLessThanOrEqual(PART);
      expect(await service.json(`/v1/files/${fileId}`)).toMatchObject({ sizeBytes: LARGE });
    },
    CASE_MS,
  );
});

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function residentBytes(pid: number): Promise<number> {
  const [, pages = '0'] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ');
  return Number(pages) * 4096;
}
