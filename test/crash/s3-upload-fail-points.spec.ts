import {
  announced,
  atStore,
  bytesAt,
  letExpire,
  MEBIBYTE,
  pdf,
  postFields,
  put,
  putParts,
  SMALL_PARTS,
  type OpenedUpload,
} from '../e2e/direct.js';
import type { Running } from '../e2e/e2e.js';
import { Service } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';
import { sweepOnce } from './invariants.js';

const FAIL_POINT = new URL('./fail-point.mjs', import.meta.url).href;
const ENV = { ...SMALL_PARTS, LOG_LEVEL: 'warn' };
const SMALL = pdf(30_000);
const LARGE = pdf(6 * MEBIBYTE);

interface Point {
  readonly at: string;
  readonly bytes: Buffer;
  readonly more?: Readonly<Record<string, unknown>>;
  /** Who goes on after the crash. */
  readonly by: 'sender' | 'reaper';
}

/** What was on its way when the service died. */
interface Interrupted extends Point {
  readonly session: string;
  /** Known to its sender. */
  readonly upload?: OpenedUpload;
}

/** While it is opened: its sender has no answer, and begins again. */
const OPENING: readonly Point[] = [
  { at: 'catalyst:upload.opened', bytes: SMALL, by: 'sender' },
  { at: 'catalyst:upload.opened', bytes: LARGE, by: 'reaper' },
  { at: 'catalyst:upload.started', bytes: LARGE, by: 'reaper' },
];
/** While it is completed: its bytes are all there. */
const COMPLETING: readonly Point[] = [
  { at: 'catalyst:upload.assembled', bytes: LARGE, by: 'sender' },
  { at: 'catalyst:upload.assembled', bytes: SMALL, more: { form: true }, by: 'reaper' },
  { at: 'catalyst:file.confirming', bytes: SMALL, by: 'sender' },
  { at: 'catalyst:file.confirming', bytes: LARGE, by: 'reaper' },
  { at: 'catalyst:file.confirmed', bytes: LARGE, by: 'sender' },
];
const named = (points: readonly Point[]) =>
  points.map((point, index) => {
    const { at, bytes, more, by } = point;
    const way = bytes === LARGE ? 'parts' : more === undefined ? 'one PUT' : 'a form';
    return { name: `${at} of ${way}, to be ended by the ${by}`, session: `${at.replace(/\W/g, '-')}-${index}`, point };
  });

/** One life of the service for each point, then one in which everything comes to its end. */
describe('a service that dies during an upload straight to the bucket', () => {
  const interrupted: Interrupted[] = [];
  let target: Target;

  beforeAll(async () => {
    target = await openTarget();
  }, 60_000);
  afterAll(() => target.close());

  const post = (service: Service, path: string, body: unknown, key?: string): Promise<Response> =>
    service.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
      body: JSON.stringify(body),
    });

  /** Does something during which the service dies. */
  async function dying(at: string, work: (service: Service) => Promise<unknown>): Promise<void> {
    const doomed = await Service.start(target, { env: { ...ENV, CRASH_AT: at }, preload: FAIL_POINT });
    await expect(work(doomed)).rejects.toThrow('fetch failed');
    expect(await doomed.exit()).toMatchObject({ signal: 'SIGKILL' });
  }

  async function send(upload: OpenedUpload, bytes: Buffer): Promise<void> {
    if (upload.strategy === 'multipart') await putParts(upload, bytes);
    else if (upload.fields !== null) expect((await postFields(upload, bytes)).status).toBe(201);
    else expect((await put(upload, bytes)).status).toBe(200);
  }

  it.each(named(OPENING))(
    'dies at $name',
    async ({ session, point }) => {
      const { at, bytes } = point;
      await dying(at, (service) => post(service, '/v1/uploads', announced(session, bytes), session));
      interrupted.push({ ...point, session });
    },
    90_000,
  );

  it.each(named(COMPLETING))(
    'dies at $name',
    async ({ session, point }) => {
      const { at, bytes, more } = point;
      await dying(at, async (service) => {
        const upload = (await (
          await post(service, '/v1/uploads', announced(session, bytes, more))
        ).json()) as OpenedUpload;
        interrupted.push({ ...point, session, upload });
        // The next life is about another point: its reaper is not to end this upload.
        await target.sql("update upload set next_check_at = now() + interval '1 day' where id = $1", [upload.id]);
        await send(upload, bytes);
        return post(service, `/v1/uploads/${upload.id}/complete`, {});
      });
    },
    90_000,
  );

  it('ends each in one file that is whole, or in nothing at all', async () => {
    const service = await Service.start(target, { env: ENV });
    const running = { service, target, store: await target.store(), close: () => Promise.resolve() };
    try {
      expect(interrupted).toHaveLength(OPENING.length + COMPLETING.length);
      const orphans = await target.sql<{ id: string; fileId: string; at: string }>(
        'select upload.id, file_id as "fileId" from upload join stored_file on stored_file.id = file_id where upload.writable_until is null',
      );
      expect(orphans).toHaveLength(OPENING.length);
      // One was opened at the store, and its name there is lost.
      const open = await Promise.all(orphans.map(async (orphan) => (await atStore(running, orphan)).openUploads));
      expect(open.sort()).toEqual([0, 0, 1]);
      for (const one of interrupted) if (one.by === 'sender') await goOn(service, one);
      await target.sql(
        `update upload set created_at = created_at - interval '11 minutes', next_check_at = now()
         where status = 'open' and writable_until is null`,
      );
      await sweepOnce(target, service);
      for (const { id } of orphans) {
        const rows = await target.sql('select status, reason from upload where id = $1', [id]);
        expect(rows).toEqual([{ status: 'expired', reason: 'NOT_OPENED' }]);
      }
      for (const upload of [...orphans, ...interrupted.flatMap((one) => one.upload ?? [])])
        await letExpire(running, upload);
      await sweepOnce(target, service);
      await expectInOrder(running);
    } finally {
      await service.stop();
    }
  }, 180_000);

  /** What its sender does who had no answer: the same again. */
  async function goOn(service: Service, { session, bytes, upload: known }: Interrupted): Promise<void> {
    let upload = known;
    if (upload === undefined) {
      // Whoever held the key is dead; its lease is over soon.
      await target.sql('update idempotency_key set lease_until = now() where key = $1', [session]);
      const again = await post(service, '/v1/uploads', announced(session, bytes), session);
      expect(again.status).toBe(201);
      upload = (await again.json()) as OpenedUpload;
      await send(upload, bytes);
    }
    const completed = await post(service, `/v1/uploads/${upload.id}/complete`, {});
    expect(completed.status).toBe(200);
    expect(await completed.json()).toMatchObject({ status: 'stored', id: upload.fileId, sizeBytes: bytes.length });
  }

  /** Rows, objects and open uploads say the same. */
  async function expectInOrder(running: Running): Promise<void> {
    const rows = await target.sql<{ key: string; status: string; session: string }>(
      'select key, status, session_id as session from stored_file order by key',
    );
    const expected = interrupted.filter(({ upload, by }) => upload !== undefined || by === 'sender');
    expect(rows.map(({ session, status }) => `${session} ${status}`).sort()).toEqual(
      expected.map(({ session }) => `${session} stored`).sort(),
    );
    for (const { key, session } of rows) {
      const bytes = interrupted.find((one) => one.session === session)?.bytes;
      expect((await bytesAt(running, key))?.equals(bytes ?? Buffer.alloc(0))).toBe(true);
    }
    const { objects } = await running.store.list();
    const left = objects.map(({ key }) => key).filter((key) => !key.startsWith('temp/processing/abilities-'));
    expect(left.sort()).toEqual(rows.map(({ key }) => key).sort());
    expect((await running.store.listUploads()).uploads).toEqual([]);
    const twice = "select 1 from audit_event where action = 'file.stored' group by subject_id having count(*) > 1";
    expect(await target.sql(twice)).toEqual([]);
  }
});
