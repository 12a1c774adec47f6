import { setTimeout as sleep } from 'node:timers/promises';
import { Service, until } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';
import { expectNothingLost, sweepOnce } from './invariants.js';
import { Ledger, text, uploadPath, wav } from './ledger.js';

const FAIL_POINT = new URL('./fail-point.mjs', import.meta.url).href;
const LEASE_SECONDS = 3;
const ENV = {
  UPLOAD_LEASE_SECONDS: String(LEASE_SECONDS),
  MULTIPART_THRESHOLD_MB: '5',
  MULTIPART_PART_SIZE_MB: '5',
  LOG_LEVEL: 'warn',
};
const CASE_MS = 120_000;

const SAMPLES = { 'a small file': text, 'a file in parts': () => wav(400) };
const MOMENTS =
  process.env['CRASH_FULL'] === '1' ? ['reserved', 'sent', 'confirming', 'confirmed'] : ['reserved', 'sent'];
const CASES = MOMENTS.flatMap((moment) => Object.entries(SAMPLES).map(([what, make]) => ({ moment, what, make })));

/** A machine that stood still for longer than its lease comes back to life, and does not know it. */
describe('a service that is stopped for longer than its lease, and goes on', () => {
  let target: Target;
  let service: Service;

  beforeEach(async () => {
    target = await openTarget();
  }, CASE_MS);

  afterEach(async () => {
    process.kill(service.pid, 'SIGCONT');
    await service.stop();
    await target.close();
  }, CASE_MS);

  it.each(CASES)(
    'when $what is $moment has it stored or leaves nothing of it',
    async ({ moment, make }) => {
      service = await Service.start(target, {
        env: { ...ENV, CRASH_AT: `catalyst:file.${moment}`, CRASH_SIGNAL: 'SIGSTOP' },
        preload: FAIL_POINT,
      });
      const ledger = new Ledger();
      const sample = make();
      const upload = ledger.enter('paused', sample);
      const answer = service.upload(uploadPath('paused', sample), sample);
      await until(
        'A row',
        () => rowsOf(upload.sha256),
        (rows) => rows > 0,
      );
      await sleep(LEASE_SECONDS * 1000 + 2000);
      await sweepOnce(target, service);
      process.kill(service.pid, 'SIGCONT');
      const response = await answer;
      const body = (await response.json()) as { id: string };
      if (response.status === 201) upload.id = body.id;
      console.log(`${moment}: ${response.status} ${JSON.stringify(body).slice(0, 200)}`);
      await expectNothingLost(target, service, ledger);
    },
    CASE_MS,
  );

  async function rowsOf(sha256: string): Promise<number> {
    const [row] = await target.sql<{ count: number }>(
      "select count(*)::int as count from stored_file where status = 'pending' or checksum_value = $1",
      [sha256],
    );
    return row?.count ?? 0;
  }
});
