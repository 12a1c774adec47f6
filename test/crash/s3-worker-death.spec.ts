import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Service, until } from '../support/service.js';
import { openTarget, TEST_TARGET, type Target } from '../support/target.js';
import { expectNothingLost } from './invariants.js';
import { fixtures, Ledger, wav } from './ledger.js';

const FAIL_POINT = new URL('./fail-point.mjs', import.meta.url).href;
const ENV = { UPLOAD_LEASE_SECONDS: '3', LOG_LEVEL: 'warn' };
const CASE_MS = 300_000;
/** How long a death may go unnoticed. */
const TAKEN_OVER_SECONDS = 30;
const MAX_DEATHS = 10;

interface Processed {
  readonly status: string;
  readonly step: string | null;
  readonly attempt: number;
  readonly attempts: number;
  readonly deaths: number;
  readonly code: string | null;
}

/** Several processes share one database and one store only here. */
const onS3 = TEST_TARGET === 's3' ? describe : describe.skip;

onS3('the death of a worker', () => {
  let target: Target;
  let api: Service;
  let ledger: Ledger;
  const workers = new Set<Service>();

  beforeEach(async () => {
    target = await openTarget();
    ledger = new Ledger();
    api = await Service.start(target, { env: { ...ENV, ROLE: 'api' } });
  }, CASE_MS);

  afterEach(async () => {
    await Promise.all([...workers, api].map((service) => service.stop()));
    workers.clear();
    await target.close();
  }, CASE_MS);

  async function worker(env: Record<string, string> = {}, preload?: string): Promise<Service> {
    const service = await Service.start(target, {
      env: { ...ENV, ROLE: 'worker', ...env },
      ...(preload !== undefined && { preload, detached: true }),
    });
    workers.add(service);
    return service;
  }

  async function processed(id: string): Promise<Processed> {
    const [row] = await target.sql<Processed>(
      'select status, step, attempt, attempts, deaths, error_code as code from processed_file where file_id = $1',
      [id],
    );
    if (row === undefined) throw new Error(`Nothing processes ${id}`);
    return row;
  }

  async function expectResultsOnce(id: string): Promise<void> {
    const rows = await target.sql<{ name: string; status: string }>(
      'select original_filename as name, status from stored_file where source_file_id = $1 order by original_filename',
      [id],
    );
    expect(rows).toEqual(['probe.json', 'waveform.json', 'waveform.png'].map((name) => ({ name, status: 'stored' })));
    const listed = await api.json<{ items: unknown[] }>('/v1/sessions/death/results');
    expect(listed.items).toHaveLength(3);
  }

  it.each(['probe', 'waveform'])(
    'in the middle of the step %s lets another one finish the job, and the results exist once',
    async (step) => {
      await worker();
      await worker();
      const { id = '' } = await ledger.upload(api, 'death', wav(2400));
      const begun = await until(
        `A run in the step ${step}`,
        () => processed(id),
        (row) => row.status === 'running' && row.step === step,
      );
      const victim = await until(
        'A worker with a media process',
        () => Promise.resolve([...workers].find(({ pid }) => childrenOf(pid).length > 0)),
        (found) => found !== undefined,
      );
      await sleep(500);
      const children = childrenOf(victim!.pid);
      await victim!.kill9();
      workers.delete(victim!);
      const died = performance.now();
      const seconds = () => Math.round((performance.now() - died) / 100) / 10;
      expect(await processed(id)).toMatchObject({ status: 'running', step, attempt: begun.attempt });

      await until(
        'The next run',
        () => processed(id),
        ({ attempt }) => attempt > begun.attempt,
      );
      const takenOver = seconds();
      const after = await until(
        'Its end',
        () => processed(id),
        ({ status }) => status !== 'running',
        120,
      );
      console.log(
        `A worker died in ${step}: the next run began after ${takenOver} s and was done after ${seconds()} s`,
      );
      expect(takenOver).toBeLessThan(TAKEN_OVER_SECONDS);
      expect(after).toMatchObject({ status: 'done', attempts: 0, deaths: 1, attempt: begun.attempt + 1 });
      expect(children.filter(isAlive)).toEqual([]);
      await expectResultsOnce(id);
      await expectNothingLost(target, api, ledger);
    },
    CASE_MS,
  );

  it(
    'on every run of one job ends the job after ten of them, and others go on',
    async () => {
      const [recording] = fixtures();
      const { id = '' } = await ledger.upload(api, 'death', recording!);
      for (let deaths = 0; deaths < MAX_DEATHS; deaths += 1) {
        const service = await worker({ CRASH_AT: 'catalyst:step.started' }, FAIL_POINT);
        const hurry = setInterval(hurryQueue, 300);
        expect(await service.exit()).toEqual({ code: null, signal: 'SIGKILL' });
        clearInterval(hurry);
        workers.delete(service);
        expect(await processed(id)).toMatchObject({ status: 'running', deaths, attempts: 0 });
      }
      await worker();
      const hurry = setInterval(hurryQueue, 300);
      const row = await until(
        'The end of the job',
        () => processed(id),
        ({ status }) => status !== 'running',
      );
      clearInterval(hurry);
      expect(row).toMatchObject({ status: 'failed', code: 'WORKER_DIED', deaths: MAX_DEATHS, attempts: 0 });
      const shown = await api.json(`/v1/processing/${id}`);
      expect(shown).toMatchObject({ status: 'failed', error: { code: 'WORKER_DIED' }, results: [] });

      const { id: other = '' } = await ledger.upload(api, 'after', recording!);
      await until(
        'Another job',
        () => processed(other),
        ({ status }) => status === 'done',
      );
    },
    CASE_MS,
  );

  /** Dead workers are noticed at once, and jobs need not wait for their next turn: in ten deaths that takes minutes. */
  function hurryQueue(): void {
    const statements = [
      "update pgboss.job set heartbeat_on = now() - interval '1 minute' where state = 'active'",
      "update pgboss.job set start_after = now() where state = 'retry' and start_after > now()",
    ];
    for (const statement of statements) target.sql(statement).catch(() => undefined);
  }
});

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

/** The fourth field of proc(5)'s stat, behind a name in brackets that may hold anything. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  return parentOf(pid) !== undefined;
}
