import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFaultProxy } from '../support/fault-proxy.js';
import { Service, until } from '../support/service.js';
import { openTarget, TEST_TARGET, type Target } from '../support/target.js';
import { TEST_S3_ENDPOINT } from '../support/test-bucket.js';
import { GatedProxy } from './gated-proxy.js';
import { sendByTus, tusClient } from './tus-client.js';

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const CASE_MS = 60_000;
const LARGE = Number(process.env['TUS_LARGE_MB'] ?? 128) * MIB;
const FAIL_POINT = new URL('../crash/fail-point.mjs', import.meta.url).href;
const PATIENT = Array.from({ length: 60 }, () => 300);
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
      ...('CRASH_AT' in env && { preload: FAIL_POINT }),
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
    for (const service of nodes) resume(service);
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

  /** Gone on with at another node until it is a file. */
  async function finishAt(service: Service, path: string, bytes: Buffer) {
    const run = tusClient(service, bytes, { uploadUrl: `${service.url}${path}`, retryDelays: PATIENT });
    run.upload.start();
    const fileId = await run.done;
    await expectStored(service, fileId, bytes);
    return run;
  }

  async function expectNothingLeft(): Promise<void> {
    const store = await target.store();
    expect((await store.list({ prefix: 'temp/' })).objects).toEqual([]);
    expect((await store.listUploads()).uploads).toEqual([]);
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
    'keeps a part that its node sent and did not live to record',
    async () => {
      const first = await node('first', { CRASH_AT: 'catalyst:tus.part-sent', CRASH_SKIP: '1' });
      const second = await node('second');
      const bytes = wav(18 * MIB);
      proxy.target = first.url;
      proxy.allow(Infinity);
      const died = tusClient(first, bytes, {
        endpoint: `${proxy.url}/v1/tus`,
        metadata: { sessionId: '42', filename: 'interview.wav' },
        retryDelays: [],
      });
      died.upload.start();
      await expect(died.done).rejects.toThrow();
      const run = await finishAt(second, new URL(died.upload.url ?? '').pathname, bytes);
      expect(run.requests.find(({ status }) => status < 300)?.offset).toBe(String(2 * PART));
      await expectNothingLeft();
    },
    CASE_MS,
  );

  it(
    'keeps a part whose answer was lost',
    async () => {
      const faults = await startFaultProxy({ target: TEST_S3_ENDPOINT ?? '' });
      try {
        const only = await node('only', { S3_ENDPOINT: faults.url });
        const bytes = wav(18 * MIB);
        // As often as the service tries.
        faults.faults.add({
          when: { operation: 'UploadPart' },
          skip: 1,
          times: 3,
          effect: { kind: 'lose-answer' },
        });
        const run = tusClient(only, bytes, {
          metadata: { sessionId: '42', filename: 'interview.wav' },
          retryDelays: PATIENT,
        });
        run.upload.start();
        await expectStored(only, await run.done, bytes);
        const heard = run.requests.find(({ method, status }) => method === 'HEAD' && status === 200);
        expect(heard?.offset).toBe(String(2 * PART));
        await expectNothingLeft();
      } finally {
        await faults.close();
      }
    },
    CASE_MS,
  );

  it.each([
    { what: 'comes to its end', env: {} },
    { what: 'comes to its end at another node', env: { CRASH_AT: 'catalyst:tus.stray-joined' } },
  ])(
    '$what with a part that came when others had gone on',
    async ({ env }) => {
      const lease = { UPLOAD_LEASE_SECONDS: '3' };
      const [first, second] = [await node('first', lease), await node('second', { ...lease, ...env })];
      const bytes = wav(20 * MIB);
      const { path } = await halfSent(first, bytes);
      process.kill(first.pid, 'SIGSTOP');
      const patch = (): Promise<Response> =>
        second.fetch(path, {
          method: 'PATCH',
          headers: {
            'Tus-Resumable': '1.0.0',
            'Upload-Offset': String(2 * PART),
            'Content-Type': 'application/offset+octet-stream',
          },
          body: new Uint8Array(bytes.subarray(2 * PART, 3 * PART)),
        });
      await until('The takeover', patch, ({ status }) => status === 204);
      const [row] = await target.sql<{ key: string; id: string }>('select key, store_upload_id as id from upload');
      const store = await target.store();
      await store.uploadPart({ key: row!.key, uploadId: row!.id }, 3, randomBytes(6 * MIB));
      if ('CRASH_AT' in env) {
        const died = tusClient(second, bytes, { uploadUrl: `${second.url}${path}`, retryDelays: [] });
        died.upload.start();
        await expect(died.done).rejects.toThrow();
        await finishAt(await node('third'), path, bytes);
      } else await finishAt(second, path, bytes);
      await expectNothingLeft();
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

/** One that stands still, so that it can end; one that died has nothing to do. */
function resume({ pid }: Service): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

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
