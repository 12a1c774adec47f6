import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Service, until } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';
import { expectNothingLost } from './invariants.js';
import { brokenWav, fixtures, Ledger, text, uploadPath, wav, type Sample } from './ledger.js';
import { killPostmaster } from './postmaster.js';

const KILLS = Number(process.env['CRASH_KILLS'] ?? 6);
const SEED = Number(process.env['CRASH_SEED'] ?? randomInt(2 ** 31));
/** Where the figures go, for those who want to keep them. */
const FIGURES = process.env['CRASH_FIGURES'];
const CLIENTS = 3;
const ENV = {
  UPLOAD_LEASE_SECONDS: '3',
  MULTIPART_THRESHOLD_MB: '5',
  MULTIPART_PART_SIZE_MB: '5',
  TRASH_DAYS: '0',
  LOG_LEVEL: 'warn',
};
/** Longest time from one kill to the next, without the restart. */
const PAUSE_MS = 5000;
const RECOVERY_SECONDS = 60;
/** Trashed files are purged at once here, which a link to one may meet; a repeated upload may meet the first one's lease. */
const EXPECTED = /^(?:upload (?:201|409)|delete 204|link (?:201|404|409)|\w+ (?:503|broken))$/;

type Victim = 'service' | 'postgres' | 'both';

/** Mulberry32: the same seed kills at the same times. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<T>(random: () => number, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

/** Clients at work on whatever service there is just now; each goes on when its connection breaks. */
class Load {
  readonly answers = new Map<string, number>();
  private readonly recordings = fixtures();
  private readonly large = [wav(180), wav(400)];
  private sessions = 0;
  private stopped = false;
  private readonly clients: readonly Promise<void>[];

  constructor(
    private readonly ledger: Ledger,
    private readonly current: () => Service,
    seed: number,
  ) {
    this.clients = Array.from({ length: CLIENTS }, (_, index) => this.client(randomFrom(seed + index + 1)));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients);
  }

  private async client(random: () => number): Promise<void> {
    while (!this.stopped) {
      const chance = random();
      if (chance < 0.15) await this.remove(random);
      else if (chance < 0.3) await this.link(random);
      else await this.upload(random);
      await sleep(100 + 600 * random());
    }
  }

  /** Each to a session of its own. Every other one may be repeated until it is answered, and is stored once all the same. */
  private async upload(random: () => number): Promise<void> {
    this.sessions += 1;
    const sessionId = `random-${this.sessions}`;
    const sample = this.sample(random);
    const upload = this.ledger.enter(sessionId, sample);
    const headers = { 'idempotency-key': sessionId };
    const repeats = random() < 0.5;
    do {
      const response = await this.ask('upload', (service) =>
        service.upload(uploadPath(sessionId, sample), sample, repeats ? { headers } : {}),
      );
      if (response?.status === 201) {
        upload.id = ((await response.json()) as { id: string }).id;
        return;
      }
      // Answers that another try does not change: the figures show them, and none is expected.
      if (response !== undefined && response.status < 500 && response.status !== 409) return;
      await sleep(500);
    } while (repeats);
  }

  private sample(random: () => number): Sample {
    const chance = random();
    if (chance < 0.1) return pick(random, this.large);
    if (chance < 0.2) return brokenWav();
    return chance < 0.6 ? text() : pick(random, this.recordings);
  }

  private async remove(random: () => number): Promise<void> {
    const kept = this.ledger.acknowledged.filter(({ fate }) => fate === 'kept');
    if (kept.length < 10) return;
    const upload = pick(random, kept);
    upload.fate = 'deleting';
    const response = await this.ask('delete', (service) =>
      service.fetch(`/v1/files/${upload.id ?? ''}`, { method: 'DELETE' }),
    );
    if (response?.status === 204) upload.fate = 'deleted';
  }

  private async link(random: () => number): Promise<void> {
    const kept = this.ledger.acknowledged.filter(({ fate }) => fate === 'kept');
    if (kept.length === 0) return;
    const { id = '' } = pick(random, kept);
    await this.ask('link', (service) =>
      service.fetch(`/v1/files/${id}/links`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
    );
  }

  /** An answer with its body at hand; nothing when the connection broke. */
  private async ask(what: string, send: (service: Service) => Promise<Response>): Promise<Response | undefined> {
    let response: Response | undefined;
    try {
      const answered = await send(this.current());
      response = new Response(answered.status === 204 ? null : await answered.text(), { status: answered.status });
    } catch {
      response = undefined;
    }
    const outcome = `${what} ${response?.status ?? 'broken'}`;
    this.answers.set(outcome, (this.answers.get(outcome) ?? 0) + 1);
    return response;
  }
}

describe(`${KILLS} crashes at random times`, () => {
  let target: Target;
  let service: Service;

  beforeAll(async () => {
    target = await openTarget();
    service = await Service.start(target, { env: ENV });
  }, 120_000);

  afterAll(async () => {
    await service.stop();
    await target.close();
  }, 60_000);

  /** Until every part of it answers; the milliseconds. */
  async function ready(since: number): Promise<number> {
    const ask = () =>
      fetch(`${service.url}/health/ready`).then(
        (response) => response.status,
        () => 0,
      );
    await until('A ready service', ask, (status) => status === 200, RECOVERY_SECONDS);
    return Math.round(performance.now() - since);
  }

  async function kill(victim: Victim): Promise<number> {
    if (victim === 'postgres') {
      expect(await killPostmaster(target)).toBe(true);
      return ready(performance.now());
    }
    await Promise.all([service.kill9(), victim === 'both' && killPostmaster(target)]);
    const since = performance.now();
    service = await Service.start(target, { env: ENV });
    return ready(since);
  }

  it(
    'lose nothing that was acknowledged',
    async () => {
      const random = randomFrom(SEED);
      const ledger = new Ledger();
      const load = new Load(ledger, () => service, SEED);
      const victims: readonly Victim[] = target.kind === 'embedded' ? ['service', 'postgres', 'both'] : ['service'];
      const recoveries: { victim: Victim; ms: number }[] = [];
      try {
        while (recoveries.length < KILLS) {
          await sleep(200 + PAUSE_MS * random());
          const victim = pick(random, victims);
          recoveries.push({ victim, ms: await kill(victim) });
        }
      } catch (error) {
        throw new Error(`Repeat it with CRASH_SEED=${SEED}`, { cause: error });
      } finally {
        await load.stop();
      }
      const figures = {
        seed: SEED,
        target: target.kind,
        kills: Object.fromEntries(victims.map((victim) => [victim, summary(recoveries, victim)])),
        tried: ledger.uploads.length,
        acknowledged: ledger.acknowledged.length,
        deleted: ledger.acknowledged.filter(({ fate }) => fate !== 'kept').length,
        answers: Object.fromEntries([...load.answers].sort()),
      };
      console.log(figures);
      const started = performance.now();
      await expectNothingLost(target, service, ledger);
      const settledSeconds = Math.round((performance.now() - started) / 1000);
      if (FIGURES !== undefined) writeFileSync(FIGURES, JSON.stringify({ ...figures, lost: 0, settledSeconds }));
      expect([...load.answers.keys()].filter((outcome) => !EXPECTED.test(outcome))).toEqual([]);
    },
    600_000 + KILLS * 60_000,
  );
});

/** Milliseconds until everything answered again. */
function summary(recoveries: readonly { victim: Victim; ms: number }[], victim: Victim) {
  const ms = recoveries.flatMap((entry) => (entry.victim === victim ? [entry.ms] : [])).sort((a, b) => a - b);
  return { count: ms.length, minMs: ms[0], medianMs: ms[Math.floor(ms.length / 2)], maxMs: ms.at(-1) };
}
