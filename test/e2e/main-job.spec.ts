import { until } from '../support/service.js';
import {
  downloadName,
  fixture,
  postJson,
  processed,
  sha256,
  startService,
  uploaded,
  type FileLink,
  type FileList,
  type FileRecord,
  type Processing,
  type Running,
} from './e2e.js';

interface Expected {
  readonly container: string;
  readonly codec: string;
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly durationSeconds: number;
  readonly tagged: boolean;
}

const EXPECTED = JSON.parse(fixture('expected.json').toString()) as Record<string, Expected>;
const RECORDINGS = [
  { file: 'mono-16k.wav', contentType: 'audio/wav' },
  { file: 'stereo.mp3', contentType: 'audio/mpeg' },
  { file: 'stereo.m4a', contentType: 'audio/mp4' },
  { file: 'mono-22k.flac', contentType: 'audio/flac' },
] as const;
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

describe('a recording of a session', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService();
  }, 120_000);
  afterAll(() => running.close());

  const link = (id: string, body: object = {}): Promise<FileLink> =>
    postJson<FileLink>(running.service, `/v1/files/${id}/links`, body);
  const download = async (id: string): Promise<Buffer> => {
    const response = await fetch((await link(id)).url);
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };
  const resultsOf = (session: string): Promise<FileList> =>
    running.service.json<FileList>(`/v1/sessions/${session}/results`);

  describe.each(RECORDINGS)('$file', ({ file, contentType }) => {
    const bytes = fixture(file);
    const session = `42-${file.replace('.', '-')}`;
    const expected = EXPECTED[file]!;
    let record: FileRecord;
    let done: Processing;

    it('is answered 201 with its record', async () => {
      record = await uploaded(running.service, session, { name: file, bytes });
      expect(record).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/) as unknown,
        kind: 'session-original',
        bucket: running.store.bucket,
        originalFilename: file,
        contentType,
        sizeBytes: bytes.length,
        etag: expect.stringMatching(/^[^"]+$/) as unknown,
        checksum: { algorithm: 'SHA256', value: sha256(bytes) },
        status: 'stored',
        rejectedReason: null,
        condition: 'ok',
        processingStatus: 'queued',
        sessionId: session,
        sourceFileId: null,
        trashedAt: null,
      });
      const prefix = `audio-files/sessions/session-${session}/original/`;
      expect(record.key.slice(0, prefix.length)).toBe(prefix);
      expect(record.key.slice(prefix.length)).toMatch(/^\d{8}_\d{6}_/);
      expect(record.key.endsWith(`_${file}`)).toBe(true);
    });

    it('lies in the store under its key, as recorded', async () => {
      const head = await running.store.head(record.key);
      expect(head).toMatchObject({ sizeBytes: bytes.length, etag: record.etag, contentType });
    });

    it('is processed in the background: probed and drawn', async () => {
      done = await processed(running.service, record.id);
      expect(done).toMatchObject({ fileId: record.id, status: 'done', step: null, progress: 1, error: null });
      expect(done.steps.map(({ name, status }) => [name, status])).toEqual([
        ['probe', 'done'],
        ['waveform', 'done'],
      ]);
      expect(done.results).toHaveLength(3);
      const after = await running.service.json<FileRecord>(`/v1/files/${record.id}`);
      expect(after).toEqual({ ...record, processingStatus: 'done' });
    }, 150_000);

    it('has its results under processed/ as files of their own', async () => {
      const { items } = await resultsOf(session);
      expect(items.map((item) => item.id).sort()).toEqual([...done.results].sort());
      expect(items.map((item) => item.originalFilename).sort()).toEqual([
        'probe.json',
        'waveform.json',
        'waveform.png',
      ]);
      for (const item of items) {
        expect(item).toMatchObject({
          kind: 'session-result',
          status: 'stored',
          sessionId: session,
          sourceFileId: record.id,
          contentType: item.originalFilename.endsWith('.png') ? 'image/png' : 'application/json',
          processingStatus: null,
        });
        expect(item.key.startsWith(`audio-files/sessions/session-${session}/processed/`)).toBe(true);
        expect(item.key.endsWith(`/${item.originalFilename}`)).toBe(true);
        expect(await running.store.head(item.key)).toMatchObject({ sizeBytes: item.sizeBytes, etag: item.etag });
        expect(sha256(await download(item.id))).toBe(item.checksum.value);
      }
    });

    it('is probed for container, codec, channels, sample rate, duration and tags', async () => {
      const { items } = await resultsOf(session);
      const probe = JSON.parse((await download(named(items, 'probe.json').id)).toString()) as Record<string, unknown>;
      expect(probe).toMatchObject({
        container: expected.container,
        codec: expected.codec,
        channels: expected.channels,
        sampleRateHz: expected.sampleRateHz,
        bitRate: expect.any(Number) as unknown,
        loudness: { integratedLufs: expect.any(Number) as unknown },
      });
      expect(probe['durationSeconds']).toBeCloseTo(expected.durationSeconds, 1);
      expect(Object.keys(probe['tags'] as object).length > 0).toBe(expected.tagged);
    });

    it('is drawn as audiowaveform JSON version 2 and as a PNG picture', async () => {
      const { items } = await resultsOf(session);
      const waveform = JSON.parse((await download(named(items, 'waveform.json').id)).toString()) as {
        sample_rate: number;
        samples_per_pixel: number;
        length: number;
        data: number[];
      };
      expect(waveform).toMatchObject({ version: 2, channels: 1, bits: 16, sample_rate: expected.sampleRateHz });
      expect(waveform.data).toHaveLength(2 * waveform.length);
      const seconds = (waveform.length * waveform.samples_per_pixel) / waveform.sample_rate;
      expect(seconds).toBeGreaterThan(expected.durationSeconds - 0.1);
      expect(seconds).toBeLessThan(expected.durationSeconds + 0.2);
      expect(Math.max(...waveform.data)).toBeGreaterThan(1000);
      const png = await download(named(items, 'waveform.png').id);
      expect(png.subarray(0, 8)).toEqual(PNG);
      expect(png.readUInt32BE(16)).toBeGreaterThan(100);
    });

    it('comes back by link: the same bytes under the original name, ranges included', async () => {
      const { url, expiresAt, servedBy } = await link(record.id, { expiresInSeconds: 600 });
      expect(servedBy).toBe(running.target.kind === 's3' ? 's3' : 'local');
      expect(Math.abs(Date.parse(expiresAt) - Date.now() - 600_000)).toBeLessThan(60_000);
      const whole = await fetch(url);
      expect(whole.status).toBe(200);
      expect(whole.headers.get('content-type')).toBe(contentType);
      expect(downloadName(whole.headers.get('content-disposition'))).toBe(file);
      expect(whole.headers.get('content-disposition')).toMatch(/^attachment;/);
      expect(sha256(Buffer.from(await whole.arrayBuffer()))).toBe(sha256(bytes));

      for (const [range, from, to] of [
        ['bytes=0-0', 0, 1],
        ['bytes=100-1099', 100, 1100],
        ['bytes=-50', bytes.length - 50, bytes.length],
        [`bytes=${bytes.length - 10}-`, bytes.length - 10, bytes.length],
      ] as const) {
        const part = await fetch(url, { headers: { range } });
        expect(part.status).toBe(206);
        expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${bytes.length}`);
        expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(from, to))).toBe(true);
      }
      const beyond = await fetch(url, { headers: { range: `bytes=${bytes.length}-` } });
      expect(beyond.status).toBe(416);
    });
  });

  it('carries a link in the answer when asked for one', async () => {
    const response = await running.service.upload('/v1/sessions/linked/files?link=1', {
      name: 'a.wav',
      bytes: fixture('mono-16k.wav'),
    });
    expect(response.status).toBe(201);
    const { link: given } = (await response.json()) as FileRecord;
    const content = await fetch(given!.url);
    expect(sha256(Buffer.from(await content.arrayBuffer()))).toBe(sha256(fixture('mono-16k.wav')));
  });

  it('is given out by a link that expires and that nobody can alter', async () => {
    const { id } = await uploaded(running.service, 'expiring', { name: 'a.wav', bytes: fixture('mono-16k.wav') });
    const { url } = await link(id, { expiresInSeconds: 2 });
    const altered = (await link(id)).url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=7200');
    expect((await fetch(altered)).status).toBe(403);
    const expired = await until(
      'the end of a link',
      () => fetch(url).then((answer) => answer.status),
      (status) => status !== 200,
    );
    expect(expired).toBe(403);
  });

  it('shows step and progress while it is processed', async () => {
    const seen: Processing[] = [];
    const { id } = await uploaded(running.service, 'watched', { name: 'a.mp3', bytes: fixture('stereo.mp3') });
    await until(
      'the end of the processing',
      async () => {
        const state = await running.service.json<Processing>(`/v1/processing/${id}`);
        seen.push(state);
        return state.status;
      },
      (status) => status === 'done',
      120,
    );
    for (const { status, step, progress, steps } of seen) {
      expect(['queued', 'running', 'done']).toContain(status);
      expect([null, 'probe', 'waveform']).toContain(step);
      expect(progress).toBeGreaterThanOrEqual(0);
      expect(progress).toBeLessThanOrEqual(1);
      expect(steps.map(({ name }) => name)).toEqual(['probe', 'waveform']);
    }
    const progresses = seen.map(({ progress }) => progress);
    expect(progresses).toEqual([...progresses].sort((a, b) => a - b));
  }, 150_000);

  it('never mixes its results with those of another recording of its session', async () => {
    const session = 'two';
    const first = await uploaded(running.service, session, { name: 'first.wav', bytes: fixture('mono-16k.wav') });
    const second = await uploaded(running.service, session, { name: 'second.flac', bytes: fixture('mono-22k.flac') });
    const ofFirst = await processed(running.service, first.id);
    const ofSecond = await processed(running.service, second.id);
    expect([ofFirst.status, ofSecond.status]).toEqual(['done', 'done']);
    const { items } = await resultsOf(session);
    expect(items).toHaveLength(6);
    const processedPrefix = `audio-files/sessions/session-${session}/processed/`;
    const lastSegments = (of: Processing): string[] =>
      items
        .filter((item) => of.results.includes(item.id))
        .map((item) => item.key.slice(item.key.lastIndexOf('/') + 1))
        .sort();
    expect(lastSegments(ofFirst)).toEqual(['probe.json', 'waveform.json', 'waveform.png']);
    expect(lastSegments(ofSecond)).toEqual([
      `probe.${second.id}.json`,
      `waveform.${second.id}.json`,
      `waveform.${second.id}.png`,
    ]);
    for (const item of items) {
      expect(item.sourceFileId).toBe(ofFirst.results.includes(item.id) ? first.id : second.id);
    }
    const probes = items.filter((item) => item.originalFilename === 'probe.json');
    for (const probe of probes) {
      const { container } = JSON.parse((await download(probe.id)).toString()) as { container: string };
      expect(container).toBe(probe.sourceFileId === first.id ? 'wav' : 'flac');
    }
    // The copies under the names that people know follow.
    for (const [name, container] of [
      ['probe.json', 'wav'],
      [`probe.${second.id}.json`, 'flac'],
    ] as const) {
      const copy = await until(
        `a copy at ${name}`,
        () => running.store.find(processedPrefix + name),
        (content) => content !== undefined,
        120,
      );
      const text = Buffer.concat(await copy!.body.toArray()).toString();
      expect(JSON.parse(text)).toMatchObject({ container });
    }
  }, 300_000);

  it('does not process what is no recording', async () => {
    const response = await running.service.upload('/v1/sessions/documents/files?type=document', {
      name: 'notes.txt',
      bytes: Buffer.from('Some notes.\n'),
    });
    const record = (await response.json()) as FileRecord;
    expect(record).toMatchObject({ contentType: 'text/plain', processingStatus: null });
    expect(record.key).toMatch(/^document-files\/sessions\/session-documents\/original\/\d{8}_\d{6}_notes\.txt$/);
    await running.service.json(`/v1/processing/${record.id}`, {}, 404);
  });
});

function named(items: readonly FileRecord[], name: string): FileRecord {
  const found = items.find((item) => item.originalFilename === name);
  if (found === undefined) throw new Error(`There is no ${name} among the results`);
  return found;
}
