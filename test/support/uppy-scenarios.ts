import { UppyBench } from './uppy-bench.js';
import type { UppyClient, UppyOptions } from './uppy-client.js';

/** For how long URLs are good here: long enough for any PUT to begin, and short enough to wait for. */
export const URL_SECONDS = 8;
/** A PUT that begins too late. */
export const LATE_PUT_MS = 9500;
export const SLOW_MS = 90_000;

export type UppyMode = Omit<UppyOptions, 'service' | 'file' | 'multipart'>;

/** Whether the store answered a PUT with 403. Ceph refuses the preflight already, which a browser takes for a broken network. */
export function wasRefused(tab: UppyClient): boolean {
  return tab.events.some(({ event, method, status }) => event === 'answer' && method === 'PUT' && status === 403);
}

/** What every Uppy does in every mode; the files are session 42's. `bench` and `mode` are asked for when the tests run. */
export function uppyScenarios(given: {
  readonly name: string;
  readonly bench: () => UppyBench;
  readonly mode: () => UppyMode;
  /** Where a form's key is told that it was sent. */
  readonly finalize: (key: string) => Promise<Response>;
}): void {
  const forFile = (name: string, sizeBytes: number) => ({
    ...given.mode(),
    file: given.bench().makeFile(`${given.name}-${name}`, sizeBytes),
  });

  it(
    'sends a file in one request, which finalize makes a file of',
    async () => {
      const options = forFile('single.wav', given.bench().sizes.small);
      const tab = await given.bench().open({ ...options, multipart: false });
      tab.tell('upload');
      const { response } = await tab.saw('success');
      const [pending] = await given.bench().rows(options.file.name);
      expect(pending).toMatchObject({ status: 'pending', session_id: '42', kind: 'session-original' });
      const key = String(response?.body['key']);
      const answers = [await given.finalize(key), await given.finalize(key)];
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const row = await given.bench().assertStored(options.file);
      expect(await answers[0]?.json()).toMatchObject({
        id: row.id,
        status: 'stored',
        sizeBytes: given.bench().sizes.small,
      });
    },
    SLOW_MS,
  );

  it(
    'sends a file in parts',
    async () => {
      const options = forFile('parts.wav', given.bench().sizes.large);
      const tab = await given.bench().open({ ...options, multipart: true });
      tab.tell('upload');
      const { response } = await tab.saw('success');
      const row = await given.bench().assertStored(options.file);
      expect(response?.uploadURL).toBe(`${given.bench().service.url}/v1/files/${row.id}`);
      expect(tab.sentParts).toEqual([1, 2, 3]);
    },
    SLOW_MS,
  );

  it(
    'pauses, and goes on where it was',
    async () => {
      const options = forFile('paused.wav', given.bench().sizes.large);
      const tab = await given.bench().open({ ...options, multipart: true });
      tab.tell('upload');
      await tab.saw('part');
      tab.tell('pause');
      await tab.saw('did');
      tab.tell('resume');
      await tab.saw('success');
      await given.bench().assertStored(options.file);
      expect(tab.sentParts.filter((part) => part === 1)).toEqual([1]);
    },
    SLOW_MS,
  );

  it(
    'goes on after its tab was killed, and sends no part again that had arrived',
    async () => {
      const options = { ...forFile('killed.wav', given.bench().sizes.large), multipart: true };
      const first = await given.bench().open(options);
      first.tell('upload');
      const { state } = await first.saw('part');
      await first.kill();
      const second = await given.bench().open({ ...options, ...(state && { restore: state }) });
      second.tell('upload');
      await second.saw('success');
      await given.bench().assertStored(options.file);
      expect(second.sentParts).not.toContain(1);
      expect(second.sentParts.length).toBeLessThanOrEqual(2);
    },
    SLOW_MS,
  );

  it(
    'leaves nothing at the store when it is cancelled',
    async () => {
      const options = forFile('cancelled.wav', given.bench().sizes.large);
      const tab = await given.bench().open({ ...options, multipart: true });
      tab.tell('upload');
      await tab.saw('part');
      const [row] = await given.bench().rows(options.file.name);
      expect(await given.bench().openUploads()).toContain(row?.key);
      tab.tell('cancel');
      await given.bench().settled(options.file.name, 'rejected');
      expect(await given.bench().openUploads()).not.toContain(row?.key);
    },
    SLOW_MS,
  );
}
