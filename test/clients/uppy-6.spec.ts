import { UppyBench } from '../support/uppy-bench.js';
import {
  LATE_PUT_MS,
  SLOW_MS,
  URL_SECONDS,
  uppyScenarios,
  wasRefused,
  type UppyMode,
} from '../support/uppy-scenarios.js';

let bench: UppyBench;

beforeAll(async () => {
  bench = await UppyBench.start({ UPLOAD_URL_SECONDS: String(URL_SECONDS) });
}, SLOW_MS);

afterAll(() => bench.close());

describe.each(['companion', 'sign'] as const)('Uppy 6 by %s, with an upload token', (mode) => {
  let client: UppyMode;

  beforeAll(async () => {
    const { token, companionEndpoint } = await bench.token({ parameters: { sessionId: '42' } });
    client = { version: 6, mode, credential: token, companionEndpoint };
  });

  uppyScenarios({
    name: mode,
    bench: () => bench,
    mode: () => client,
    finalize: (key) =>
      fetch(`${client.companionEndpoint ?? ''}/finalize?key=${encodeURIComponent(key)}`, { method: 'POST' }),
  });

  it(
    'fails for good when a URL has expired, and a retry goes on with the upload',
    async () => {
      const options = { ...client, file: bench.makeFile(`${mode}-expired.wav`, bench.sizes.large) };
      const tab = await bench.open({ ...options, multipart: true, slowFirstPutMs: LATE_PUT_MS });
      tab.tell('upload');
      await tab.saw('error');
      await tab.saw('did');
      expect(wasRefused(tab)).toBe(bench.target.kind === 'embedded');
      tab.tell('retry');
      await tab.saw('success');
      await bench.assertStored(options.file);
      expect(await bench.rows(options.file.name)).toHaveLength(1);
    },
    SLOW_MS,
  );
});
