import 'reflect-metadata';
import { buffer } from 'node:stream/consumers';
import { FilesService, FileStatus, StoredFile, type FileResponse } from '../../src/files/index.js';
import { ProcessingRecords, type Run } from '../../src/processing/processing-records.js';
import { ResultNames } from '../../src/processing/result-names.js';
import { NamedFiles } from '../../src/sessions/named-files.js';
import { SessionContent } from '../../src/sessions/session-content.js';
import { sessionOriginal, sessionResult } from '../../src/sessions/session-kinds.js';
import { ObjectStorage } from '../../src/storage/index.js';
import { SessionTrash } from '../../src/trash/index.js';
import { actor, openSessions, type Sessions } from './sessions-module.js';

describe('results of several recordings', () => {
  let sessions: Sessions;
  let named: NamedFiles;

  beforeAll(async () => {
    sessions = await openSessions([NamedFiles, ResultNames, SessionContent, ProcessingRecords]);
    named = sessions.module.get(NamedFiles);
  });
  afterAll(() => sessions.close());

  const post = async (sessionId: string, name: string, source?: StoredFile): Promise<FileResponse> =>
    (
      await named.store({
        kind: sessionResult,
        sessionId,
        name,
        extension: '.json',
        bytes: Buffer.from('{}'),
        sourceFileId: source?.id,
        idempotencyKey: undefined,
        actor,
      })
    ).answer;
  /** As processing leaves it: the first recording of a session has the plain names. */
  const recording = async (sessionId: string, first: boolean): Promise<StoredFile> => {
    const file = await sessions.store(sessionOriginal, { sessionId, type: 'document' }, { sessionId });
    await sessions.em.fork().execute(
      `insert into processed_file (file_id, session_id, job_id, status, progress, attempts, deaths, attempt, owns_plain_names, created_at,
         updated_at) values (?, ?, gen_random_uuid(), 'done', 1, 0, 0, 1, ?, now(), now())`,
      [file.id, sessionId, first],
    );
    return file;
  };
  const stored = (sessionId: string) =>
    sessions.em.fork().find(StoredFile, { sessionId, kind: sessionResult.name, status: FileStatus.Stored });

  it.each([
    ['first', [0, 1]],
    ['last', [1, 0]],
  ])('keep apart when the first recording is %s', async (_, order) => {
    const sessionId = `order-${order[0] ?? ''}`;
    const recordings = [await recording(sessionId, true), await recording(sessionId, false)];
    const keys: string[] = [];
    for (const index of order) keys[index] = (await post(sessionId, 'analysis', recordings[index])).key;
    expect(keys[0]).toMatch(/\/analysis\.json$/);
    expect(keys[1]?.endsWith(`/analysis.${recordings[1]?.id ?? ''}.json`)).toBe(true);
    await Promise.all([...recordings, ...recordings].map((source) => post(sessionId, 'analysis', source)));
    const sources = (await stored(sessionId)).map(({ sourceFileId }) => sourceFileId);
    expect(sources.sort()).toEqual(recordings.map(({ id }) => id).sort());
  });

  it('share the plain names with what is no recording’s: the last one counts, and is found either way', async () => {
    const sessionId = 'shared';
    const before = await post(sessionId, 'analysis');
    const source = await recording(sessionId, true);
    const other = await recording(sessionId, false);
    const names = sessions.module.get(NamedFiles);
    const current = async (sourceFileId?: string) =>
      (await names.get({ kind: sessionResult, sessionId, name: 'analysis.json', sourceFileId })).id;
    expect([await current(), await current(source.id)]).toEqual([before.id, before.id]);
    await expect(current(other.id)).rejects.toMatchObject({ code: 'SESSION_FILE_NOT_FOUND' });
    const own = await post(sessionId, 'analysis', source);
    const others = await post(sessionId, 'analysis', other);
    expect([await current(), await current(source.id), await current(other.id)]).toEqual([own.id, own.id, others.id]);
    const after = await post(sessionId, 'analysis');
    expect([await current(source.id), await current(other.id)]).toEqual([after.id, others.id]);
  });

  it('have one current file for each name, whoever asks at once', async () => {
    const sessionId = 'race';
    const source = await recording(sessionId, true);
    const names = Array.from({ length: 8 }, (_, n) => `name-${n}`);
    await Promise.all(names.flatMap((name) => [post(sessionId, name, source), post(sessionId, name)]));
    expect(await stored(sessionId)).toHaveLength(names.length);
  });

  it('are found by a later step by their place, whatever else goes by their name', async () => {
    const sessionId = 'found';
    const records = sessions.module.get(ProcessingRecords);
    const find = (file: StoredFile, ownsPlainNames: boolean) => {
      const run: Run = { fileId: file.id, attempt: 1, file, ownsPlainNames, done: new Map() };
      return records.findResult(run, { kind: sessionResult, name: 'probe', extension: 'json' });
    };
    const source = await recording(sessionId, true);
    const other = await recording(sessionId, false);
    const [probe, own] = [await post(sessionId, 'probe', source), await post(sessionId, 'probe', other)];
    const called = async (id: string, originalFilename: string) =>
      sessions.em.fork().nativeUpdate(StoredFile, { id }, { originalFilename });
    await called((await post(sessionId, 'imitation', source)).id, 'probe.json');
    expect((await find(source, true))?.id).toBe(probe.id);
    await called(probe.id, 'renamed.json');
    expect((await find(source, true))?.id).toBe(probe.id);
    expect((await find(other, false))?.id).toBe(own.id);
  });

  it('are read only while their records say that they are whole', async () => {
    const { id } = await post('whole', 'analysis');
    const content = sessions.module.get(SessionContent);
    const read = () =>
      content.result({ sessionId: 'whole', name: 'analysis', sourceFileId: undefined }, { method: 'GET', headers: {} });
    const { body } = await read();
    expect(String(await buffer(body!))).toBe('{}');
    const set = (column: string, value: string) =>
      sessions.em.fork().execute(`update stored_file set ${column} = ? where id = ?`, [value, id]);
    await set('etag', 'of-an-older-bucket');
    const again = await read();
    expect(String(await buffer(again.body!))).toBe('{}');
    expect(again.plan.headers['ETag']).not.toContain('of-an-older-bucket');
    for (const [condition, code] of [
      ['quarantined', 'FILE_QUARANTINED'],
      ['missing', 'OBJECT_MISSING'],
    ] as const) {
      await set('condition', condition);
      await expect(read()).rejects.toMatchObject({ code });
    }
    await set('condition', 'ok');
    await sessions.module.get(ObjectStorage).delete((await sessions.module.get(FilesService).get(id)).key);
    await expect(read()).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
  });

  it('are never stored without their source, however it goes', async () => {
    const files = sessions.module.get(FilesService);
    for (let round = 0; round < 4; round += 1) {
      const sessionId = `goes-${round}`;
      const source = await recording(sessionId, true);
      const outcomes = await Promise.allSettled([
        ...Array.from({ length: 5 }, (_, n) => post(sessionId, `name-${n}`, source)),
        round % 2 === 0 ? files.trash(source.id, actor) : sessions.module.get(SessionTrash).trash(sessionId, actor),
      ]);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'SOURCE_TRASHED' });
      expect(await stored(sessionId)).toEqual([]);
      const kept = outcomes.slice(0, 5).filter(({ status }) => status === 'fulfilled').length;
      await files.restore(source.id, actor);
      expect(await stored(sessionId)).toHaveLength(kept);
    }
  });
});
