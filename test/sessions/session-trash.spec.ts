import 'reflect-metadata';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { FilesService, StoredFile } from '../../src/files/index.js';
import { FileIntake, type FileReferences } from '../../src/intake/index.js';
import { sessionOriginal, sessionResult } from '../../src/sessions/session-kinds.js';
import { ObjectStorage } from '../../src/storage/index.js';
import { FileSweeper, SessionTrash } from '../../src/trash/index.js';
import { actor, openSessions, Witness, type Sessions } from './sessions-module.js';

describe('a session in the trash', () => {
  let sessions: Sessions;
  let files: FilesService;
  let trash: SessionTrash;
  let witness: Witness;

  beforeAll(async () => {
    sessions = await openSessions();
    files = sessions.module.get(FilesService);
    trash = sessions.module.get(SessionTrash);
    witness = sessions.module.get(Witness);
  });
  afterAll(() => sessions.close());

  const original = (sessionId: string): Promise<StoredFile> =>
    sessions.store(sessionOriginal, { sessionId, type: 'document' }, { sessionId });
  const result = (references: FileReferences & { sessionId: string }, name: string): Promise<StoredFile> =>
    sessions.store(sessionResult, { sessionId: references.sessionId, name, ext: 'json' }, references);
  const statuses = (list: readonly StoredFile[]) =>
    Promise.all(list.map(async ({ id }) => (await files.get(id)).status));
  const current = async ({ placeKey }: StoredFile): Promise<string | null | undefined> => {
    const rows = await sessions.em
      .fork()
      .execute<{ current_revision_id: string | null }[]>('select current_revision_id from place where key = ?', [
        placeKey,
      ]);
    return rows[0]?.current_revision_id;
  };

  it('goes and comes back as one, without what was deleted before by itself', async () => {
    const sessionId = 'one';
    const source = await original(sessionId);
    const own = await original(sessionId);
    const made = await result({ sessionId, sourceFileId: source.id }, 'probe');
    const loose = await result({ sessionId }, 'analysis');
    const elsewhere = await original('elsewhere');
    await files.trash(own.id, actor);
    const taken = [source, made, loose];
    expect(await trash.trash(sessionId, actor)).toEqual({ files: 3 });
    expect(await statuses([...taken, own, elsewhere])).toEqual(['trashed', 'trashed', 'trashed', 'trashed', 'stored']);
    expect(witness.trashed.filter((id) => taken.some((file) => file.id === id)).sort()).toEqual(
      taken.map(({ id }) => id).sort(),
    );
    expect([await current(made), await current(loose)]).toEqual([null, null]);
    expect(await trash.trash(sessionId, actor)).toEqual({ files: 0 });
    expect(await trash.restore(sessionId, actor)).toEqual({ restored: 3, leftInTrash: 0 });
    expect(await statuses([...taken, own])).toEqual(['stored', 'stored', 'stored', 'trashed']);
    expect(witness.restored.slice().sort()).toEqual(taken.map(({ id }) => id).sort());
    expect([await current(made), await current(loose)]).toEqual([made.revisionId, loose.revisionId]);
    expect(await trash.restore(sessionId, actor)).toBeUndefined();
    const audit = await sessions.em
      .fork()
      .execute<{ action: string }[]>('select action from audit_event where subject_id = ? order by id', [sessionId]);
    expect(audit.map(({ action }) => action)).toEqual(['session.trashed', 'session.restored']);
  });

  it('leaves no copy at the fixed names, and has them again afterwards', async () => {
    const made = await result({ sessionId: 'copies' }, 'probe');
    const storage = sessions.module.get(ObjectStorage);
    const sweeper = sessions.module.get(FileSweeper);
    const copy = async () => (await storage.head(made.placeKey ?? '')) !== undefined;
    await sweeper.sweep();
    expect(await copy()).toBe(true);
    await trash.trash('copies', actor);
    await sweeper.sweep();
    expect(await copy()).toBe(false);
    await trash.restore('copies', actor);
    await sweeper.sweep();
    expect(await copy()).toBe(true);
  });

  it('comes back once, when two ask at once', async () => {
    const sessionId = 'raced';
    const { id } = await original(sessionId);
    await trash.trash(sessionId, actor);
    const em = sessions.em.fork();
    let both: Promise<unknown[]> = Promise.resolve([]);
    await em.transactional(async (tx) => {
      await tx.execute('select 1 from stored_file where id = ? for update', [id]);
      both = Promise.all([trash.restore(sessionId, actor), trash.restore(sessionId, actor)]);
      const waiting = `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      while ((await sessions.em.fork().execute<{ n: number }[]>(waiting))[0]?.n !== 2) await sleep(10);
    });
    expect((await both).sort()).toEqual([{ restored: 1, leftInTrash: 0 }, undefined]);
    const restored = `select 1 from audit_event where action = 'session.restored' and subject_id = ?`;
    expect(await em.execute(restored, [sessionId])).toHaveLength(1);
  });

  it('does not bring back what was restored and deleted by itself since', async () => {
    const sessionId = 'since';
    const source = await original(sessionId);
    const made = await result({ sessionId, sourceFileId: source.id }, 'probe');
    const other = await original(sessionId);
    await trash.trash(sessionId, actor);
    await files.restore(source.id, actor);
    expect(await statuses([source, made, other])).toEqual(['stored', 'stored', 'trashed']);
    await files.trash(source.id, actor);
    expect(await trash.restore(sessionId, actor)).toEqual({ restored: 1, leftInTrash: 0 });
    expect(await statuses([source, made, other])).toEqual(['trashed', 'trashed', 'stored']);
  });

  it('brings back deletion by deletion, the latest first', async () => {
    const sessionId = 'twice';
    const first = await original(sessionId);
    await trash.trash(sessionId, actor);
    const second = await original(sessionId);
    await trash.trash(sessionId, actor);
    await trash.restore(sessionId, actor);
    expect(await statuses([first, second])).toEqual(['trashed', 'stored']);
    await trash.restore(sessionId, actor);
    expect(await statuses([first, second])).toEqual(['stored', 'stored']);
  });

  it('leaves what is newer where it is', async () => {
    const sessionId = 'newer';
    const kept = await original(sessionId);
    const older = await result({ sessionId }, 'analysis');
    await trash.trash(sessionId, actor);
    const newer = await result({ sessionId }, 'analysis');
    expect(await trash.restore(sessionId, actor)).toEqual({ restored: 1, leftInTrash: 1 });
    expect(await statuses([kept, older, newer])).toEqual(['stored', 'trashed', 'stored']);
    expect(await current(newer)).toBe(newer.revisionId);
    await files.restore(older.id, actor);
    expect(await statuses([older, newer])).toEqual(['stored', 'trashed']);
  });

  it('comes back without the results of a source that is gone for good', async () => {
    const sessionId = 'gone';
    const source = await original(sessionId);
    const made = await result({ sessionId, sourceFileId: source.id }, 'probe');
    const other = await original(sessionId);
    await trash.trash(sessionId, actor);
    await sessions.em.fork().nativeUpdate(StoredFile, { id: source.id }, { status: 'purging' });
    expect(await trash.restore(sessionId, actor)).toEqual({ restored: 1, leftInTrash: 1 });
    expect(await statuses([made, other])).toEqual(['trashed', 'stored']);
    expect(await trash.restore(sessionId, actor)).toBeUndefined();
  });

  it('does not take what is still on its way: that is stored when it is confirmed', async () => {
    const sessionId = 'late';
    const early = await original(sessionId);
    const intake = sessions.module.get(FileIntake);
    const sent = await intake.send({
      kind: sessionOriginal,
      parameters: { sessionId, type: 'document' },
      references: { sessionId },
      filename: 'late.txt',
      body: Readable.from([Buffer.from('late')]),
      actor,
    });
    if (sent.state !== 'sent') throw new Error('Nothing was sent before');
    expect(await trash.trash(sessionId, actor)).toEqual({ files: 1 });
    const [late] = await intake.confirm([sent], { actor });
    expect(await statuses([early, late!])).toEqual(['trashed', 'stored']);
  });

  it('is there whole or not at all', async () => {
    const sessionId = 'whole';
    const list = [await original(sessionId), await original(sessionId), await result({ sessionId }, 'probe')];
    witness.refuse = list[1]?.id;
    await expect(trash.trash(sessionId, actor)).rejects.toThrow('refused');
    witness.refuse = undefined;
    expect(await statuses(list)).toEqual(['stored', 'stored', 'stored']);
    expect(await current(list[2]!)).toBe(list[2]?.revisionId);
  });

  it('keeps results and sources together, whoever else is at it', async () => {
    const sessionId = 'busy';
    const sources = await Promise.all(Array.from({ length: 6 }, () => original(sessionId)));
    const work = sources.flatMap((source, n) => [
      () => result({ sessionId }, 'shared'),
      () => original(sessionId),
      () => files.trash(source.id, actor),
      () => (n % 2 === 0 ? trash.trash(sessionId, actor) : trash.restore(sessionId, actor)),
      () => result({ sessionId }, `own-${n}`),
    ]);
    await Promise.all(work.map((run) => run()));
    await trash.trash(sessionId, actor);
    const rows = await sessions.em
      .fork()
      .execute<{ status: string }[]>('select distinct status from stored_file where session_id = ?', [sessionId]);
    expect(rows).toEqual([{ status: 'trashed' }]);
    const places = await sessions.em
      .fork()
      .execute<unknown[]>(
        "select key from place where key like '%/session-busy/%' and current_revision_id is not null",
      );
    expect(places).toEqual([]);
  }, 60_000);

  it('may have thousands of files', async () => {
    await sessions.em.fork().execute(
      `insert into stored_file (id, kind, bucket, key, original_filename, content_type, size_bytes, etag, checksum_value, status, condition,
         attempt, session_id, metadata, tags, storage_class, created_by, created_at, stored_at)
       select gen_random_uuid(), 'session-original', 'local', 'many/' || n, 'a.txt', 'text/plain', 1, 'e', 'c', 'stored', 'ok', 1, 'many',
         '{}', '{}', 'STANDARD', 'spec', now(), now() from generate_series(1, 3000) n`,
    );
    expect(await trash.trash('many', actor)).toEqual({ files: 3000 });
    expect(await trash.restore('many', actor)).toEqual({ restored: 3000, leftInTrash: 0 });
  }, 60_000);
});
