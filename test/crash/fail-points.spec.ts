import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Service } from '../support/service.js';
import { openTarget, TEST_TARGET, type Target } from '../support/target.js';
import { expectNothingLost, expectProcessed } from './invariants.js';
import { fixtures, Ledger, wav, type Sample } from './ledger.js';
import { killPostmaster } from './postmaster.js';

const FAIL_POINT = new URL('./fail-point.mjs', import.meta.url).href;
const DIST = dirname(process.env['TEST_SERVICE_MAIN'] ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url)));
const ENV = { UPLOAD_LEASE_SECONDS: '3', MULTIPART_THRESHOLD_MB: '5', MULTIPART_PART_SIZE_MB: '5', LOG_LEVEL: 'warn' };
const POINT_MS = 150_000;
/** Every point, alone and with PostgreSQL: by `npm run prove -- crash`. Without it, the ones that stand for the others. */
const FULL = process.env['CRASH_FULL'] === '1';

interface Point {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether the sender has an answer before the service dies. */
  readonly answered: boolean;
}

/** A service's first file is the original, the next ones are the results: probe.json, waveform.json and waveform.png. */
const POINTS: readonly Point[] = [
  { name: 'an original is reserved', env: { CRASH_AT: 'catalyst:file.reserved' }, answered: false },
  { name: 'an original is sent', env: { CRASH_AT: 'catalyst:file.sent' }, answered: false },
  { name: 'a job is enqueued', env: { CRASH_AT: 'catalyst:job.enqueued' }, answered: false },
  { name: 'an original is being confirmed', env: { CRASH_AT: 'catalyst:file.confirming' }, answered: false },
  { name: 'an original is confirmed', env: { CRASH_AT: 'catalyst:file.confirmed' }, answered: false },
  {
    name: 'the first step has begun',
    env: { CRASH_AT: 'catalyst:step.started', CRASH_STEP: 'probe' },
    answered: true,
  },
  {
    name: 'the second step has begun',
    env: { CRASH_AT: 'catalyst:step.started', CRASH_STEP: 'waveform' },
    answered: true,
  },
  { name: 'a result is reserved', env: { CRASH_AT: 'catalyst:file.reserved', CRASH_SKIP: '1' }, answered: true },
  { name: 'a result is sent', env: { CRASH_AT: 'catalyst:file.sent', CRASH_SKIP: '1' }, answered: true },
  {
    name: 'a result is being confirmed',
    env: { CRASH_AT: 'catalyst:file.confirming', CRASH_SKIP: '1' },
    answered: true,
  },
  { name: 'a result is confirmed', env: { CRASH_AT: 'catalyst:file.confirmed', CRASH_SKIP: '1' }, answered: true },
  { name: 'one of two results is sent', env: { CRASH_AT: 'catalyst:file.sent', CRASH_SKIP: '2' }, answered: true },
  {
    name: 'one of two results is being confirmed',
    env: { CRASH_AT: 'catalyst:file.confirming', CRASH_SKIP: '2' },
    answered: true,
  },
];

/** One moment of each sort: reserve, send, enqueue, confirm, answer, mid-job. */
const MOMENTS = FULL ? POINTS : POINTS.slice(0, 7);
/** What a database that dies too may change: the row alone, the job with it, the answer on its way, a step's end. */
const MOMENTS_OF_BOTH = FULL ? POINTS : [POINTS[1]!, POINTS[3]!, POINTS[6]!];

describe('a crash at a named point', () => {
  const ledger = new Ledger();
  const samples = fixtures().filter(({ name }) => name === 'opus.ogg' || name === 'mono-16k.wav');
  let target: Target;

  beforeAll(async () => {
    target = await openTarget();
  }, POINT_MS);

  afterAll(async () => {
    await target.close();
  });

  async function crash({ env, answered }: Point, sample: Sample): Promise<void> {
    const service = await Service.start(target, { env: { ...ENV, ...env }, preload: FAIL_POINT });
    const upload = ledger.upload(service, 'crash', sample);
    // The answer and the death of a service whose worker is quick: either may come first.
    if (answered) await upload.catch(() => undefined);
    else await expect(upload).rejects.toThrow('fetch failed');
    expect(await service.exit()).toEqual({ code: null, signal: 'SIGKILL' });
  }

  async function goOn(): Promise<void> {
    const service = await Service.start(target, { env: ENV });
    try {
      for (const sample of samples.slice(0, 1)) await ledger.upload(service, 'crash', sample);
      await expectProcessed(target, service, ledger);
    } finally {
      await service.stop();
    }
  }

  it.each(MOMENTS)(
    'of the service when $name loses nothing',
    async (point) => {
      await crash(point, samples[1]!);
      await goOn();
    },
    POINT_MS,
  );

  it(
    'of the service while a file goes to the store in parts loses nothing',
    async () => {
      await crash({ name: '', env: { CRASH_AT: 'catalyst:file.sent' }, answered: false }, wav(400));
      await goOn();
    },
    POINT_MS,
  );

  // An external PostgreSQL is not ours to kill.
  if (TEST_TARGET === 'embedded') {
    it.each(MOMENTS_OF_BOTH)(
      'of the service and its PostgreSQL when $name loses nothing',
      async (point) => {
        await crash(point, samples[1]!);
        expect(await killPostmaster(target)).toBe(true);
        await goOn();
      },
      POINT_MS,
    );
  }

  it('leaves, after one sweep, no row without its object, no object without its row, and no open upload', async () => {
    const service = await Service.start(target, { env: ENV });
    try {
      await expectNothingLost(target, service, ledger);
    } finally {
      await service.stop();
    }
  }, 400_000);
});

describe('the production build', () => {
  it('has no fail point', () => {
    const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => /\.[cm]?js$/.test(name));
    expect(files.length).toBeGreaterThan(50);
    const suspicious = files.filter((name) => {
      const code = readFileSync(join(DIST, name), 'utf8');
      return (
        /CRASH_|fail-point/.test(code) || (code.includes('diagnostics_channel') && /subscribe\(|\.kill\(/.test(code))
      );
    });
    expect(suspicious).toEqual([]);
  });
});
