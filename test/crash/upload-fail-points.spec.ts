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
import type { FileRecord, Running } from '../e2e/e2e.js';
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
const name = ({ at, bytes, more, by }: Point): string =>
  `${at} of ${bytes === LARGE ? 'parts' : more === undefined ? 'one PUT' : 'a form'}, ended by the ${by}`;

describe('a service that dies during an upload straight to the bucket', () => {
  let target: Target;
  let sessions = 0;

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

  /** Does something during which the service dies, and starts it again. */
  async function dying(at: string, work: (service: Service) => Promise<unknown>): Promise<Running> {
    const doomed = await Service.start(target, { env: { ...ENV, CRASH_AT: at }, preload: FAIL_POINT });
    await expect(work(doomed)).rejects.toThrow('fetch failed');
    expect(await doomed.exit()).toMatchObject({ signal: 'SIGKILL' });
    const service = await Service.start(target, { env: ENV });
    return { service, target, store: await target.store(), close: async () => void (await service.stop()) };
  }

  async function send(upload: OpenedUpload, bytes: Buffer): Promise<void> {
    if (upload.strategy === 'multipart') await putParts(upload, bytes);
    else if (upload.fields !== null) expect((await postFields(upload, bytes)).status).toBe(201);
    else expect((await put(upload, bytes)).status).toBe(200);
  }

  it.each(OPENING.map((point) => ({ name: name(point), ...point })))(
    '$name',
    async ({ at, bytes, by }) => {
      const session = `opening-${(sessions += 1)}`;
      const running = await dying(at, (service) => post(service, '/v1/uploads', announced(session, bytes), session));
      const { service } = running;
      try {
        const [orphan] = await target.sql<{ id: string; fileId: string }>(
          `select upload.id, file_id as "fileId" from upload join stored_file on stored_file.id = file_id
         where session_id = $1 and stored_file.status = 'pending'`,
          [session],
        );
        expect((await atStore(running, orphan!)).openUploads).toBe(at === 'catalyst:upload.started' ? 1 : 0);
        if (by === 'sender') {
          await target.sql('update idempotency_key set lease_until = now() where key = $1', [session]);
          const again = await post(service, '/v1/uploads', announced(session, bytes), session);
          expect(again.status).toBe(201);
          const upload = (await again.json()) as OpenedUpload;
          await send(upload, bytes);
          expect((await post(service, `/v1/uploads/${upload.id}/complete`, {})).status).toBe(200);
        }
        await target.sql(
          "update upload set created_at = created_at - interval '11 minutes', next_check_at = now() where id = $1",
          [orphan!.id],
        );
        await sweepOnce(target, service);
        const [settled] = await target.sql<{ status: string; reason: string }>(
          'select status, reason from upload where id = $1',
          [orphan!.id],
        );
        expect(settled).toEqual({ status: 'expired', reason: 'NOT_OPENED' });
        await letExpire(running, orphan!);
        await expectEnd(running, { session, bytes, stored: by === 'sender' ? 1 : 0 });
      } finally {
        await running.close();
      }
    },
    120_000,
  );

  it.each(COMPLETING.map((point) => ({ name: name(point), ...point })))(
    '$name',
    async ({ at, bytes, more, by }) => {
      const session = `completing-${(sessions += 1)}`;
      let upload: OpenedUpload | undefined;
      const running = await dying(at, async (service) => {
        upload = (await (await post(service, '/v1/uploads', announced(session, bytes, more))).json()) as OpenedUpload;
        await send(upload, bytes);
        return post(service, `/v1/uploads/${upload.id}/complete`, {});
      });
      try {
        const { id, fileId } = upload!;
        if (by === 'sender') {
          const again = await post(running.service, `/v1/uploads/${id}/complete`, {});
          expect({ status: again.status, ...((await again.json()) as FileRecord) }).toMatchObject({
            status: 'stored',
            id: fileId,
          });
          expect(again.status).toBe(200);
        }
        await letExpire(running, upload!);
        await expectEnd(running, { session, bytes, stored: 1 });
        expect((await atStore(running, upload!)).staged).not.toBe(true);
      } finally {
        await running.close();
      }
    },
    120_000,
  );

  /** After one sweep: so many files, whole; no other row, object or open upload. */
  async function expectEnd(
    running: Running,
    { session, bytes, stored }: { readonly session: string; readonly bytes: Buffer; readonly stored: number },
  ): Promise<void> {
    await sweepOnce(target, running.service);
    const rows = await target.sql<{ key: string; status: string }>(
      'select key, status from stored_file where session_id = $1',
      [session],
    );
    expect(rows.map(({ status }) => status)).toEqual(Array.from({ length: stored }, () => 'stored'));
    for (const { key } of rows) expect((await bytesAt(running, key))?.equals(bytes)).toBe(true);
    const { objects } = await running.store.list({ prefix: 'document-files/' });
    const ofSession = objects.map(({ key }) => key).filter((key) => key.includes(`/session-${session}/`));
    expect(ofSession).toEqual(rows.map(({ key }) => key));
    expect((await running.store.listUploads()).uploads).toEqual([]);
    const twice = await target.sql(
      "select subject_id from audit_event where action = 'file.stored' group by subject_id having count(*) > 1",
    );
    expect(twice).toEqual([]);
  }
});
