import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { Service, until } from '../support/service.js';
import { openTarget, TEST_TARGET, type Target } from '../support/target.js';
import { expectNothingLost, expectProcessed } from './invariants.js';
import { fixtures, Ledger, text, wav, type Sample } from './ledger.js';
import { hasPostmasterFile, killPostmaster, postmasterPid } from './postmaster.js';

const ENV = { UPLOAD_LEASE_SECONDS: '3', LOG_LEVEL: 'warn' };
const EMBEDDED = TEST_TARGET === 'embedded';
const LIMIT_MS = 10_000;
const CASE_MS = 180_000;
const BOUNDARY = 'catalyst-crash-boundary';

interface Row {
  readonly id: string;
  readonly status: string;
  readonly checksum: unknown;
}

/** Starts a form whose file never ends. */
function slowUpload(service: Service, sessionId: string, { name, bytes }: Sample): ClientRequest {
  const upload = request(new URL(`/v1/sessions/${sessionId}/files`, service.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${service.key}`,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'transfer-encoding': 'chunked',
    },
  });
  upload.on('error', () => undefined);
  upload.write(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`);
  upload.write(bytes);
  return upload;
}

/** Every file there is, whatever its status. */
async function allFiles(service: Service): Promise<readonly Row[]> {
  const pages = ['stored', 'trashed', 'pending'].map((status) =>
    service.json<{ items: Row[]; nextCursor: null }>(`/v1/files?limit=200&status=${status}`),
  );
  return (await Promise.all(pages)).flatMap(({ items, nextCursor }) => {
    expect(nextCursor).toBeNull();
    return items;
  });
}

describe('the service', () => {
  const ledger = new Ledger();
  const [recording] = fixtures();
  let target: Target;
  let service: Service;

  beforeAll(async () => {
    target = await openTarget();
  }, CASE_MS);

  beforeEach(async () => {
    service = await Service.start(target, { env: ENV });
  }, CASE_MS);

  afterEach(async () => {
    await service.kill9();
  });

  afterAll(async () => {
    // The next start adopts what a killed service leaves behind, and ends it in order.
    service = await Service.start(target, { env: ENV });
    await service.stop();
    await target.close();
  }, CASE_MS);

  /** SIGTERM; exit 0 within ten seconds, and the database is down. */
  async function stop(): Promise<number> {
    const postmaster = EMBEDDED ? postmasterPid(target) : undefined;
    const start = performance.now();
    const outcome = await service.stop();
    const ms = Math.round(performance.now() - start);
    expect(outcome).toEqual({ code: 0, signal: null });
    expect(ms).toBeLessThan(LIMIT_MS);
    if (EMBEDDED) {
      expect(postmaster).toBeDefined();
      expect(hasPostmasterFile(target)).toBe(false);
      expect(postmasterPid(target)).toBeUndefined();
    }
    return ms;
  }

  it(
    'ends within ten seconds when nothing goes on, and keeps everything',
    async () => {
      await ledger.upload(service, 'shutdown', recording!);
      const deleted = await ledger.upload(service, 'shutdown', text());
      await service.json(`/v1/files/${deleted.id!}`, { method: 'DELETE' }, 204);
      deleted.fate = 'deleted';
      await expectProcessed(target, service, ledger);
      const before = await allFiles(service);
      console.log(`SIGTERM while idle: ${await stop()} ms`);
      service = await Service.start(target, { env: ENV });
      expect(await allFiles(service)).toEqual(before);
      await expectNothingLost(target, service, ledger);
    },
    CASE_MS,
  );

  it(
    'ends within ten seconds while a client is still sending, and leaves nothing of its file',
    async () => {
      const upload = slowUpload(service, 'slow', wav(10));
      await until(
        'A pending file',
        () => target.sql<{ id: string }>("select id from stored_file where status = 'pending'"),
        (rows) => rows.length > 0,
      );
      const feed = setInterval(() => upload.write(Buffer.alloc(1000)), 100);
      console.log(
        `SIGTERM during an upload: ${await stop().finally(() => {
          clearInterval(feed);
        })} ms`,
      );
      upload.destroy();
      service = await Service.start(target, { env: ENV });
      await expectNothingLost(target, service, ledger);
    },
    CASE_MS,
  );

  it(
    'takes no new connection once it is told to stop, and answers what it has begun',
    async () => {
      const sample = wav(10);
      const entry = ledger.enter('in-flight', sample);
      const upload = slowUpload(service, 'in-flight', sample);
      const answered = once(upload, 'response');
      await until(
        'A pending file',
        () => target.sql<{ id: string }>("select id from stored_file where status = 'pending'"),
        (rows) => rows.length > 0,
      );
      const start = performance.now();
      const stopped = stop();
      const refused = () =>
        fetch(`${service.url}/health/live`, { headers: { connection: 'close' } }).then(
          () => false,
          () => true,
        );
      await until('A refused connection', refused, (yes) => yes, 5);
      console.log(`New connections are refused ${Math.round(performance.now() - start)} ms after SIGTERM`);
      upload.end(`\r\n--${BOUNDARY}--\r\n`);
      const [response] = (await answered) as [IncomingMessage];
      expect(response.statusCode).toBe(201);
      entry.id = ((await json(response)) as { id: string }).id;
      await stopped;
    },
    CASE_MS,
  );

  it(
    'hands a running job back, neither failed nor dead, and does it after the next start',
    async () => {
      const { id } = await ledger.upload(service, 'long', wav(1800));
      const running = await until(
        'A running job',
        () => service.json<{ status: string; step: string | null }>(`/v1/processing/${id!}`),
        ({ status, step }) => status === 'running' && step !== null,
      );
      expect(running).toMatchObject({ status: 'running' });
      console.log(`SIGTERM during a job: ${await stop()} ms`);
      const handedBack = { status: 'queued', attempts: 0, deaths: 0 };
      const row = () => target.sql(`select status, attempts, deaths from processed_file where file_id = $1`, [id]);
      if (!EMBEDDED) expect(await row()).toEqual([handedBack]);
      service = await Service.start(target, { env: ENV });
      const start = performance.now();
      await expectProcessed(target, service, ledger);
      console.log(`The job was done ${Math.round(performance.now() - start)} ms after the next start`);
      expect(await row()).toEqual([{ ...handedBack, status: 'done' }]);
    },
    CASE_MS,
  );

  (EMBEDDED ? it : it.skip)(
    'refuses a DATA_DIR that another one uses, and says which',
    async () => {
      const second = await Service.start(target, { env: ENV, detached: true });
      const { code } = await second.exit();
      expect(code).toBe(1);
      expect(second.logs).toContain(`DATA_DIR ${target.dataDir} is in use by process ${service.pid}`);
      expect((await service.fetch('/health/ready')).status).toBe(200);
    },
    CASE_MS,
  );

  it.each([
    { what: 'the service', kills: { service: true, postgres: false } },
    ...(EMBEDDED
      ? [
          { what: 'PostgreSQL', kills: { service: false, postgres: true } },
          { what: 'both', kills: { service: true, postgres: true } },
        ]
      : []),
  ])(
    'is back in seconds after kill -9 of $what, with everything',
    async ({ what, kills }) => {
      await ledger.upload(service, 'killed', recording!);
      await expectProcessed(target, service, ledger);
      const before = await allFiles(service);
      await Promise.all([kills.service && service.kill9(), kills.postgres && killPostmaster(target)]);
      const start = performance.now();
      if (kills.service) service = await Service.start(target, { env: ENV });
      const ready = () => fetch(`${service.url}/health/ready`).then(({ status }) => status);
      await until('A ready service', ready, (status) => status === 200, 30);
      console.log(`Ready ${Math.round(performance.now() - start)} ms after kill -9 of ${what}`);
      expect(await allFiles(service)).toEqual(before);
    },
    CASE_MS,
  );

  it('has lost nothing in the end', async () => {
    await expectNothingLost(target, service, ledger);
  }, 400_000);
});
