import { randomUUID } from 'node:crypto';
import { MikroORM } from '@mikro-orm/postgresql';
import { Clock, Lifetime } from '../../src/config/index.js';
import { connectionOptions, DatabaseServer } from '../../src/database/index.js';
import { Upload } from '../../src/direct-uploads/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { NodeSession } from '../../src/tus/node-session.js';
import { RelayRecords } from '../../src/tus/relay-records.js';
import { UploadGoneError, UploadLockedError } from '../../src/tus/tus.errors.js';
import { UploadLeases } from '../../src/tus/upload-leases.js';
import { until } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** One process of the service, as far as leases go. */
interface Node {
  readonly session: NodeSession;
  readonly leases: UploadLeases;
}

const nobodyAsks = { onRequested: () => undefined };

describe('leases of uploads', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let records: RelayRecords;
  const nodes: Node[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    orm = await MikroORM.init({ ...connectionOptions(database.url), entities: [Upload] });
    records = new RelayRecords(orm.em, new Clock(), { urlSeconds: 60, expirySeconds: 60 });
  });

  afterEach(async () => {
    for (const node of nodes.splice(0)) await end(node);
  });

  afterAll(async () => {
    await orm.close(true);
    await database.drop();
  });

  async function node(leaseSeconds = 60): Promise<Node> {
    const session = new NodeSession(
      await DatabaseServer.start({
        url: database.url,
        directUrl: undefined,
        dataDir: '',
        attachAs: Attachment.Service,
        logger: { log: () => undefined, warn: () => undefined, error: () => undefined },
      }),
    );
    await session.onModuleInit();
    const leases = new UploadLeases(orm.em, session, new Lifetime(), { leaseSeconds });
    leases.onModuleInit();
    const made = { session, leases };
    nodes.push(made);
    return made;
  }

  async function end({ session, leases }: Node): Promise<void> {
    leases.onModuleDestroy();
    await session.onApplicationShutdown();
  }

  async function upload(): Promise<string> {
    const id = randomUUID();
    await orm.em.fork().execute(
      `insert into upload (id, file_id, protocol, strategy, kind, key, max_size_bytes, principal_id, status, created_at, expires_at)
       values (?, ?, 'tus', 'relay', 'spec', ?, 1000, 'spec', 'open', now(), now())`,
      [id, randomUUID(), id],
    );
    return id;
  }

  const nextPart = async (id: string): Promise<number> => (await records.get(id)).nextPart;

  it('are held by one at a time, and counted', async () => {
    const [{ leases }, other] = [await node(), await node()];
    const id = await upload();
    const first = await leases.tryAcquire(id, nobodyAsks);
    expect(first?.token).toBe(1);
    expect(await other.leases.tryAcquire(id, nobodyAsks)).toBeUndefined();
    expect(await leases.tryAcquire(id, nobodyAsks)).toBeUndefined();
    await leases.release(first!);
    expect((await other.leases.tryAcquire(id, nobodyAsks))?.token).toBe(2);
    expect(await nextPart(id)).toBe(1);
  });

  it('pass on when their holder, on another node, is asked', async () => {
    const [{ leases }, other] = [await node(), await node()];
    const id = await upload();
    let release: Promise<void> | undefined;
    const lease = await leases.acquire(id, {
      onRequested: () => {
        release ??= leases.release(lease);
      },
    });
    expect((await other.leases.acquire(id, nobodyAsks)).token).toBe(2);
    await release;
  });

  it('are refused when their holder does not let go', async () => {
    const [{ leases }, other] = [await node(), await node()];
    const id = await upload();
    await leases.acquire(id, nobodyAsks);
    await expect(other.leases.acquire(id, nobodyAsks)).rejects.toThrow(UploadLockedError);
  });

  it('pass on at once when their process is gone, with a part number left out', async () => {
    const [gone, other] = [await node(), await node()];
    const id = await upload();
    await gone.leases.acquire(id, nobodyAsks);
    await gone.session.onApplicationShutdown();
    const lease = await until(
      'The takeover',
      () => other.leases.tryAcquire(id, nobodyAsks),
      (found) => found !== undefined,
      5,
    );
    expect(lease?.token).toBe(2);
    expect(await nextPart(id)).toBe(2);
  });

  it('live as long as they are renewed, and not longer', async () => {
    const [{ leases }, other] = [await node(1), await node(1)];
    const id = await upload();
    let isTold = false;
    await leases.acquire(id, {
      onRequested: () => {
        isTold = true;
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await other.leases.tryAcquire(id, nobodyAsks)).toBeUndefined();
    leases.onModuleDestroy();
    await until(
      'The end of the lease',
      () => other.leases.tryAcquire(id, nobodyAsks),
      (found) => found !== undefined,
      10,
    );
    leases.onModuleInit();
    await until(
      'The holder learns of it',
      () => Promise.resolve(isTold),
      (told) => told,
      10,
    );
  });

  it('let nobody move an upload who has lost it', async () => {
    const [stale, other] = [await node(), await node()];
    const id = await upload();
    const lost = await stale.leases.acquire(id, nobodyAsks);
    const from = await records.get(id);
    const part = { partNumber: 1, etag: 'a', sizeBytes: 10 };
    const at10 = await records.advance(lost, { from, offset: 10, tails: [], part });
    await stale.session.onApplicationShutdown();
    const lease = await until(
      'The takeover',
      () => other.leases.tryAcquire(id, nobodyAsks),
      (found) => found !== undefined,
      5,
    );
    const late = { from: at10, offset: 20, tails: [], part: { ...part, partNumber: 2 } };
    await expect(records.advance(lost, late)).rejects.toThrow(UploadLockedError);
    await stale.leases.release(lost);
    expect(await records.get(id)).toMatchObject({ offset: 10, nextPart: 3 });
    const current = await records.get(id);
    await records.advance(lease!, { ...late, from: current, part: { ...part, partNumber: 3, etag: 'b' } });
    expect(await records.parts(id)).toEqual([
      { partNumber: 1, etag: 'a', sizeBytes: 10 },
      { partNumber: 3, etag: 'b', sizeBytes: 10 },
    ]);
    // From where it knows it alone.
    await expect(records.advance(lease!, { ...late, from: current })).rejects.toThrow(UploadLockedError);
  });

  it('leave a part number out whose fate is not known', async () => {
    const { leases } = await node();
    const id = await upload();
    const lease = await leases.acquire(id, nobodyAsks);
    lease.isNumberInDoubt = true;
    await leases.release(lease);
    await leases.acquire(id, nobodyAsks);
    expect(await nextPart(id)).toBe(2);
  });

  it('move no upload that is over', async () => {
    const { leases } = await node();
    const id = await upload();
    const lease = await leases.acquire(id, nobodyAsks);
    await orm.em.fork().execute("update upload set status = 'aborted', reason = 'ABORTED' where id = ?", [id]);
    const step = { from: await records.get(id), offset: 5, tails: [{ key: 'k', sizeBytes: 5 }] };
    await expect(records.advance(lease, step)).rejects.toThrow(UploadGoneError);
    expect((await records.get(id)).offset).toBe(0);
  });
});
