import { randomInt, randomUUID } from 'node:crypto';
import { MikroORM } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { connectionOptions, runMigrations } from '../../src/database/index.js';
import { migrations } from '../../src/database/migrations/index.js';
import { UsageFold, UsageScope, UsageService } from '../../src/usage/index.js';
import { until } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { USAGE_DIFFERENCES } from '../support/usage-differences.js';

const SIZE = 10;
const OWNERS = ['o1', 'o2', 'o3'];

describe('usage', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let client: Client;
  let usage: UsageService;
  let fold: UsageFold;

  beforeAll(async () => {
    database = await createTestDatabase();
    orm = await MikroORM.init({
      ...connectionOptions(database.url),
      entities: [],
      discovery: { warnWhenNoEntities: false },
    });
    client = await connect();
    usage = new UsageService(orm.em, { ownerQuotaBytes: null, totalQuotaBytes: null });
    fold = new UsageFold(orm.em);
  });

  afterEach(async () => {
    expect((await client.query(USAGE_DIFFERENCES)).rows).toEqual([]);
    await client.query('delete from stored_file');
    await fold.fold();
    expect((await client.query('select * from usage_delta union all select 0, * from usage_total')).rows).toEqual([]);
  });

  afterAll(async () => {
    await client.end();
    await orm.close(true);
    await database.drop();
  });

  async function connect(): Promise<Client> {
    const opened = new Client({ connectionString: database.url });
    opened.on('error', () => undefined);
    await opened.connect();
    return opened;
  }

  /** A pending row, as an upload begins. */
  async function reserve(
    on: Client,
    ownerId: string | null,
    sessionId: string | null = null,
    kind = 'k1',
  ): Promise<string> {
    const id = randomUUID();
    await on.query(
      `insert into stored_file (id, kind, bucket, key, original_filename, content_type, status, condition, attempt, lease_until,
         session_id, owner_id, metadata, tags, storage_class, created_by, created_at)
       values ($1, $2, 'local', $3, 'a.wav', 'audio/wav', 'pending', 'ok', 1, now(), $4, $5, '{}', '{}', 'STANDARD', 'spec', now())`,
      [id, kind, id, sessionId, ownerId],
    );
    return id;
  }

  async function store(on: Client, id: string, sizeBytes = SIZE): Promise<void> {
    await on.query(
      `update stored_file set status = 'stored', size_bytes = $2, etag = 'e', checksum_value = 'c', stored_at = now()
       where id = $1`,
      [id, sizeBytes],
    );
  }

  const move = (on: Client, id: string, status: string) =>
    on.query('update stored_file set status = $2 where id = $1', [id, status]);

  async function stored(...file: Parameters<typeof reserve>): Promise<string> {
    const id = await reserve(...file);
    await store(file[0], id);
    return id;
  }

  it('counts a file from its storing until it leaves the trash, for its owner and its session', async () => {
    const id = await reserve(client, 'o1', 's1');
    expect(await usage.get({ ownerId: 'o1' })).toMatchObject({ files: 0, sizeBytes: 0, byKind: [] });
    await store(client, id);
    const there = { files: 1, sizeBytes: SIZE, trashedFiles: 0, trashedSizeBytes: 0 };
    const byKind = [{ kind: 'k1', files: 1, sizeBytes: SIZE }];
    expect(await usage.get({ ownerId: 'o1' })).toEqual({
      scope: 'owner',
      subjectId: 'o1',
      ...there,
      quotaBytes: null,
      byKind,
    });
    expect(await usage.get({ sessionId: 's1' })).toEqual({
      scope: 'session',
      subjectId: 's1',
      ...there,
      quotaBytes: null,
      byKind,
    });
    await move(client, id, 'trashed');
    expect(await usage.get({ sessionId: 's1' })).toMatchObject({
      files: 0,
      sizeBytes: 0,
      trashedFiles: 1,
      trashedSizeBytes: SIZE,
      byKind: [],
    });
    await move(client, id, 'stored');
    expect(await usage.get({ ownerId: 'o1' })).toMatchObject(there);
    await move(client, id, 'trashed');
    await move(client, id, 'purging');
    expect(await usage.get({ ownerId: 'o1' })).toMatchObject({ files: 0, trashedFiles: 0 });
  });

  it('says the same before and after its changes were folded, and by kind', async () => {
    for (const kind of ['k2', 'k1', 'k2']) await stored(client, 'o1', null, kind);
    const before = await usage.get({ ownerId: 'o1' });
    expect(before.byKind).toEqual([
      { kind: 'k1', files: 1, sizeBytes: SIZE },
      { kind: 'k2', files: 2, sizeBytes: 2 * SIZE },
    ]);
    expect(await fold.fold()).toBe(6);
    expect(await fold.fold()).toBe(0);
    expect(await usage.get({ ownerId: 'o1' })).toEqual(before);
  });

  it('follows a change of owner, of session, of kind and of size', async () => {
    const id = await stored(client, 'o1', 's1');
    await fold.fold();
    await client.query(
      "update stored_file set owner_id = 'o2', session_id = null, kind = 'k9', size_bytes = 7 where id = $1",
      [id],
    );
    expect(await usage.get({ ownerId: 'o1' })).toMatchObject({ files: 0 });
    expect(await usage.get({ sessionId: 's1' })).toMatchObject({ files: 0 });
    expect(await usage.get({ ownerId: 'o2' })).toMatchObject({
      sizeBytes: 7,
      byKind: [{ kind: 'k9', files: 1, sizeBytes: 7 }],
    });
  });

  it('writes nothing for changes that do not count', async () => {
    const id = await stored(client, 'o1');
    await stored(client, null);
    await fold.fold();
    await client.query(
      "update stored_file set processing_status = 'done', attempt = attempt + 1, status = status where id = $1",
      [id],
    );
    await move(client, await reserve(client, 'o1'), 'rejected');
    expect((await client.query('select * from usage_delta')).rows).toEqual([]);
  });

  it('does not count what was rolled back', async () => {
    const id = await stored(client, 'o1');
    await client.query('begin');
    await move(client, id, 'trashed');
    await stored(client, 'o1');
    await client.query('rollback');
    expect(await usage.get({ ownerId: 'o1' })).toMatchObject({ files: 1, trashedFiles: 0 });
  });

  it('loses nothing, and counts nothing twice, when a fold is cut off half way', async () => {
    await stored(client, 'o1');
    await fold.fold();
    await stored(client, 'o1');
    const holder = await connect();
    await holder.query('begin');
    await holder.query('select * from usage_total for update');
    const dying = fold.fold();
    const died = expect(dying).rejects.toThrow();
    await until(
      'the end of the fold',
      () =>
        client.query(
          `select pg_cancel_backend(pid) from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock' and query like '%usage_delta%'`,
        ),
      ({ rowCount }) => rowCount === 1,
    );
    await died;
    await holder.query('rollback');
    await holder.end();
    expect(await usage.get({ ownerId: 'o1' })).toMatchObject({ files: 2, sizeBytes: 2 * SIZE });
    expect(await fold.fold()).toBe(2);
    expect(await usage.get({ ownerId: 'o1' })).toMatchObject({ files: 2, sizeBytes: 2 * SIZE });
  });

  it('does not make the uploads of one owner wait for one another, or for a fold', async () => {
    const other = await connect();
    await stored(client, 'o1');
    await client.query('begin');
    await stored(client, 'o1');
    await other.query("set lock_timeout = '1s'");
    await stored(other, 'o1');
    expect(await fold.fold()).toBe(4);
    await client.query('commit');
    await other.end();
    expect(await usage.get({ ownerId: 'o1' })).toMatchObject({ files: 3 });
  });

  it('is exact at every moment while twenty writers, two folds and a reader are at work', async () => {
    let writing = true;
    const write = async (): Promise<void> => {
      const on = await connect();
      const ids: { id: string; status: string }[] = [];
      for (let turn = 0; turn < 40; turn += 1) {
        const file = ids[randomInt(ids.length + 1)];
        await on.query('begin');
        if (file === undefined) {
          const id = await stored(on, OWNERS[randomInt(3)]!, `s${randomInt(3)}`, `k${randomInt(2)}`);
          ids.push({ id, status: 'stored' });
        } else if (file.status === 'stored') {
          await move(on, file.id, (file.status = 'trashed'));
        } else if (randomInt(2) === 0) {
          await move(on, file.id, (file.status = 'stored'));
        } else {
          await on.query('delete from stored_file where id = $1', [file.id]);
          ids.splice(ids.indexOf(file), 1);
        }
        if (turn % 7 === 6) {
          await on.query('savepoint undone');
          await stored(on, 'o1');
          await on.query('rollback to savepoint undone');
        }
        await on.query('commit');
      }
      await on.end();
    };
    const foldOn = async (): Promise<void> => {
      while (writing) await fold.fold();
    };
    let readings = 0;
    const read = async (): Promise<void> => {
      for (; writing; readings += 1) {
        const seen = await usage.get({ ownerId: OWNERS[readings % 3]! });
        expect(Math.min(seen.files, seen.trashedFiles)).toBeGreaterThanOrEqual(0);
        expect([seen.sizeBytes, seen.trashedSizeBytes]).toEqual([seen.files * SIZE, seen.trashedFiles * SIZE]);
        expect((await client.query(USAGE_DIFFERENCES)).rows).toEqual([]);
      }
    };
    const others = [foldOn(), foldOn(), read()];
    await Promise.all(Array.from({ length: 20 }, write)).finally(() => {
      writing = false;
    });
    await Promise.all(others);
    expect(readings).toBeGreaterThan(5);
  }, 60_000);

  it('lists every owner and session that has files, page by page', async () => {
    for (const ownerId of ['b', 'A', 'c', 'a']) await stored(client, ownerId, `s-${ownerId}`);
    await fold.fold();
    await stored(client, 'a_1', 's-b');
    await stored(client, 'b', 's-b');
    const first = await usage.list(UsageScope.Owner, { limit: 3 });
    expect(first.usages.map(({ subjectId, files }) => [subjectId, files])).toEqual([
      ['A', 1],
      ['a', 1],
      ['a_1', 1],
    ]);
    const second = await usage.list(UsageScope.Owner, { limit: 3, cursor: first.nextCursor ?? '' });
    expect(second.usages.map(({ subjectId, files }) => [subjectId, files])).toEqual([
      ['b', 2],
      ['c', 1],
    ]);
    expect(second.nextCursor).toBeNull();
    const sessions = await usage.list(UsageScope.Session, { limit: 50 });
    expect(sessions.usages.map(({ subjectId, files }) => [subjectId, files])).toEqual([
      ['s-A', 1],
      ['s-a', 1],
      ['s-b', 3],
      ['s-c', 1],
    ]);
    await expect(usage.list(UsageScope.Owner, { limit: 3, cursor: 'x' })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    });
  });

  it('is asked for one owner or one session', async () => {
    await expect(usage.get({})).rejects.toMatchObject({ code: 'USAGE_NEEDS_SUBJECT' });
    await expect(usage.get({ ownerId: 'a', sessionId: 'b' })).rejects.toMatchObject({ code: 'USAGE_NEEDS_SUBJECT' });
  });

  it('begins with the files that were there before it', async () => {
    await stored(client, 'o1', 's1');
    await move(client, await stored(client, 'o1'), 'trashed');
    await client.query('truncate usage_total, usage_delta');
    const again = migrations.map(({ name }) => name).filter((name) => /_(?:listing|quotas)$/.test(name));
    await client.query(`delete from mikro_orm_migrations where name ~ '_(listing|quotas)'`);
    await client.query('alter table stored_file drop column reserved_bytes');
    await client.query('drop table usage_total, usage_delta cascade; drop function count_usage() cascade');
    await client.query(
      'drop index stored_file_session_status, stored_file_document_status, stored_file_owner_status, stored_file_name, stored_file_metadata',
    );
    expect(await runMigrations(database.url, migrations)).toEqual(again);
    expect(await usage.get({ ownerId: 'o1' })).toMatchObject({ files: 1, trashedFiles: 1, trashedSizeBytes: SIZE });
    expect(await usage.get({ sessionId: 's1' })).toMatchObject({ files: 1, sizeBytes: SIZE });
  });
});
