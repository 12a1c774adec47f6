import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/service.js';
import {
  expectError,
  fixture,
  makeKey,
  postJson,
  processed,
  send,
  startService,
  toAnswer,
  uploaded,
  wav,
  type FileList,
  type FileRecord,
  type Running,
} from './e2e.js';
import { unzip } from './zip.js';

const NOTE = Buffer.from('Plain text, plain text, plain text, plain text.\n');

interface Manifest {
  readonly sessionId: string;
  readonly files: readonly { path: string; id: string; key: string; sizeBytes: number; sha256: string }[];
}

describe('a whole session', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService();
  }, 120_000);
  afterAll(() => running.close());

  const upload = async (path: string, name: string, bytes: Uint8Array): Promise<FileRecord> => {
    const answer = await running.service.upload(path, { name, bytes });
    expect(answer.status).toBe(201);
    return (await answer.json()) as FileRecord;
  };
  const archive = async (session: string): Promise<Buffer> => {
    const answer = await running.service.fetch(`/v1/sessions/${session}/archive`);
    expect(answer.status).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  };
  const remove = (path: string): Promise<Response> => running.service.fetch(path, { method: 'DELETE' });
  const statusOf = async ({ id }: FileRecord): Promise<string> =>
    (await running.service.json<FileRecord>(`/v1/files/${id}`)).status;

  it('is downloaded as a ZIP that every tool reads', async () => {
    const sound = await uploaded(running.service, 'zip', {
      name: '../Gespräch 世界?.wav',
      bytes: fixture('mono-16k.wav'),
    });
    const other = await uploaded(running.service, 'zip', { name: 'b.mp3', bytes: fixture('stereo.mp3') });
    await Promise.all([processed(running.service, sound.id), processed(running.service, other.id)]);
    await upload('/v1/sessions/zip/files?type=document', 'note.txt', NOTE);
    await upload('/v1/sessions/zip/files?type=document', 'NOTE.txt', NOTE);
    await upload('/v1/sessions/zip/files?type=document', 'con.txt', NOTE);
    await upload('/v1/sessions/zip/assets/shared-documents', 'note.txt', NOTE);
    await postJson(running.service, '/v1/sessions/zip/transcripts', { name: 'full_transcript.txt', content: 'Hello.' });
    const trashed = await upload('/v1/sessions/zip/files?type=document', 'trashed.txt', NOTE);
    await remove(`/v1/files/${trashed.id}`);

    const answer = await running.service.fetch('/v1/sessions/zip/archive');
    expect(answer.headers.get('content-type')).toBe('application/zip');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="session-zip.zip"');
    const bytes = Buffer.from(await answer.arrayBuffer());
    const found = await unzip(bytes);
    expect([...found.keys()].sort()).toEqual(
      [
        'assets/shared-documents/note.txt',
        'manifest.json',
        'originals/Gespräch 世界_.wav',
        'originals/_con.txt',
        'originals/b.mp3',
        'originals/NOTE (2).txt',
        'originals/note.txt',
        'results/probe.json',
        `results/probe.${other.id}.json`,
        'results/waveform.json',
        `results/waveform.${other.id}.json`,
        'results/waveform.png',
        `results/waveform.${other.id}.png`,
        'transcripts/full_transcript.txt',
      ].sort(),
    );
    expect(found.get('originals/b.mp3')?.entry.compressionMethod).toBe(0);
    expect(found.get('originals/note.txt')?.entry.compressionMethod).toBe(8);
    const manifest = JSON.parse(found.get('manifest.json')?.bytes.toString() ?? '') as Manifest;
    expect(manifest.sessionId).toBe('zip');
    expect(manifest.files).toHaveLength(found.size - 1);
    for (const { path, sizeBytes, sha256 } of manifest.files) {
      const content = found.get(path)?.bytes ?? Buffer.alloc(0);
      expect(content).toHaveLength(sizeBytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
    const dir = mkdtempSync(join(tmpdir(), 'catalyst-zip-'));
    try {
      const path = join(dir, 'session.zip');
      writeFileSync(path, bytes);
      const tested = spawnSync('unzip', ['-t', path], { encoding: 'utf8' });
      // Not every machine has it.
      if (tested.error === undefined) expect(tested.stdout).toContain('No errors detected');
    } finally {
      rmSync(dir, { recursive: true });
    }
  }, 120_000);

  it('answers HEAD, and 404 where there is nothing', async () => {
    await upload('/v1/sessions/head/files?type=document', 'a.txt', NOTE);
    const head = await send(running.service, { method: 'HEAD', path: '/v1/sessions/head/archive' });
    expect([head.status, head.headers['content-type'], head.text]).toEqual([200, 'application/zip', '']);
    expectError(await toAnswer(await running.service.fetch('/v1/sessions/none/archive')), 404, 'SESSION_EMPTY');
    const { key } = await makeKey(running.target, ['files:write']);
    const forbidden = await running.service.fetch('/v1/sessions/head/archive', {
      headers: { authorization: `Bearer ${key}` },
    });
    expectError(await toAnswer(forbidden), 403, 'SCOPE_MISSING');
  });

  it.each([
    ['the first', 0],
    ['a later', 1],
  ])('breaks off visibly when the store has lost %s object', async (_, which) => {
    const session = `lost-${which}`;
    const files = [
      await upload(`/v1/sessions/${session}/assets/shared-documents`, 'a.txt', NOTE),
      await upload(`/v1/sessions/${session}/assets/shared-documents`, 'b.txt', NOTE),
    ];
    await running.store.delete(files[which]?.key ?? '');
    await expect(archive(session)).rejects.toThrow();
    await until(
      'the reason in the log',
      () => Promise.resolve(running.service.logs),
      (logs) => logs.includes('ARCHIVE_BROKEN'),
      5,
    );
    expect((await running.service.fetch('/health/live')).status).toBe(200);
  });

  it('says before the first byte when the store has lost an original, as it is asked about those', async () => {
    const { id, key } = await upload('/v1/sessions/lost-original/files?type=document', 'a.txt', NOTE);
    await running.store.delete(key);
    const answer = await toAnswer(await running.service.fetch('/v1/sessions/lost-original/archive'));
    expect(expectError(answer, 404, 'OBJECT_MISSING')).toMatchObject({ details: { files: [{ fileId: id }] } });
  });

  it('lets go of a reader that leaves', async () => {
    await uploaded(running.service, 'leave', { name: 'large.wav', bytes: wav(12 * 1024 * 1024) });
    const { hostname, port } = new URL(running.service.url);
    for (let n = 0; n < 10; n += 1) {
      await new Promise<void>((resolve, reject) => {
        const request = http.get(
          {
            hostname,
            port,
            path: '/v1/sessions/leave/archive',
            headers: { authorization: `Bearer ${running.service.key}` },
          },
          (response) => {
            response.once('data', () => {
              response.destroy();
              resolve();
            });
            response.on('error', () => undefined);
          },
        );
        request.on('error', reject);
      });
    }
    expect((await unzip(await archive('leave'))).get('originals/large.wav')?.bytes).toHaveLength(12 * 1024 * 1024);
  }, 60_000);

  it('goes to the trash and comes back, with its processing', async () => {
    const sound = await uploaded(running.service, 'bin', { name: 'a.wav', bytes: fixture('mono-16k.wav') });
    await processed(running.service, sound.id);
    const alone = await upload('/v1/sessions/bin/files?type=document', 'alone.txt', NOTE);
    const note = await upload('/v1/sessions/bin/files?type=document', 'note.txt', NOTE);
    await remove(`/v1/files/${alone.id}`);
    const waiting = await uploaded(running.service, 'bin', { name: 'b.wav', bytes: wav(8 * 1024 * 1024) });
    for (let n = 0; n < 2; n += 1) expect((await remove('/v1/sessions/bin')).status).toBe(204);
    expect(await Promise.all([sound, alone, note, waiting].map(statusOf))).toEqual(Array(4).fill('trashed'));
    expect(await running.service.json<FileList>('/v1/sessions/bin/results')).toEqual({ items: [], nextCursor: null });
    expectError(await toAnswer(await running.service.fetch('/v1/sessions/bin/archive')), 404, 'SESSION_EMPTY');
    expectError(
      await toAnswer(await running.service.fetch('/v1/sessions/bin/results/probe')),
      404,
      'SESSION_FILE_NOT_FOUND',
    );
    const restored = await running.service.json<{ sessionId: string; restored: number; leftInTrash: number }>(
      '/v1/sessions/bin/restore',
      { method: 'POST' },
    );
    expect(restored).toMatchObject({ sessionId: 'bin', leftInTrash: 0 });
    expect(restored.restored).toBeGreaterThanOrEqual(6);
    expect(await Promise.all([sound, alone, note, waiting].map(statusOf))).toEqual([
      'stored',
      'trashed',
      'stored',
      'stored',
    ]);
    expect((await running.service.fetch('/v1/sessions/bin/results/probe')).status).toBe(200);
    expect(await processed(running.service, waiting.id)).toMatchObject({ status: 'done' });
    const again = await running.service.fetch('/v1/sessions/bin/restore', { method: 'POST' });
    expectError(await toAnswer(again), 409, 'SESSION_NOT_TRASHED');
    const unknown = await running.service.fetch('/v1/sessions/never/restore', { method: 'POST' });
    expectError(await toAnswer(unknown), 404, 'SESSION_EMPTY');
    expect((await remove('/v1/sessions/never')).status).toBe(204);
    expectError(await toAnswer(await remove('/v1/sessions/-x')), 400, 'VALIDATION_FAILED');
    const { key } = await makeKey(running.target, ['files:read', 'files:write']);
    const forbidden = await running.service.fetch('/v1/sessions/bin', {
      method: 'DELETE',
      headers: { authorization: `Bearer ${key}` },
    });
    expectError(await toAnswer(forbidden), 403, 'SCOPE_MISSING');
  }, 120_000);
});
