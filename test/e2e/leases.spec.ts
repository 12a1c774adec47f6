import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/service.js';
import {
  beginUpload,
  expectNothingLeft,
  filePart,
  formBody,
  readToEnd,
  remains,
  startService,
  wav,
  type FileRecord,
  type Running,
} from './e2e.js';

const BYTES = wav(600_000);
const FORM = formBody([filePart('a.wav', BYTES)]);
const BEGUN = 300_000;

describe('an upload that takes its time', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService({ UPLOAD_LEASE_SECONDS: '3' });
  }, 120_000);
  afterAll(() => running.close());

  it('is kept while bytes move and given up when they do not', async () => {
    const headers = { 'content-length': String(FORM.length), connection: 'close' };
    const still = await beginUpload(running.service, 'still', headers);
    const slow = await beginUpload(running.service, 'slow', headers);
    const answers = [readToEnd(still), readToEnd(slow)] as const;
    still.write(FORM.subarray(0, BEGUN));
    slow.write(FORM.subarray(0, BEGUN));
    for (const session of ['still', 'slow']) {
      await until(
        'a pending file',
        () => remains(running, session),
        ({ rows }) => rows.includes('pending'),
        60,
      );
    }

    let sent = BEGUN;
    const dripping = new AbortController();
    const dripped = (async () => {
      while (!dripping.signal.aborted) {
        slow.write(FORM.subarray(sent, sent + 100));
        sent += 100;
        await sleep(200);
      }
    })();
    await expectNothingLeft(running, 'still', 120);
    expect((await remains(running, 'slow')).rows).toEqual(['pending']);
    dripping.abort();
    await dripped;
    slow.write(FORM.subarray(sent));
    still.write(FORM.subarray(BEGUN));

    const [refused, accepted] = await Promise.all(answers);
    expect(accepted).toMatch(/^HTTP\/1\.1 201 /);
    const { sizeBytes } = JSON.parse(accepted.split('\r\n\r\n', 2)[1] ?? '') as FileRecord;
    expect(sizeBytes).toBe(BYTES.length);
    expect(refused).toMatch(/^HTTP\/1\.1 503 /);
    expect(refused).toMatch(/^retry-after: \d+\r$/im);
    expect(refused).toContain('"code":"UPLOAD_EXPIRED"');
    await expectNothingLeft(running, 'still', 120);
  }, 300_000);
});
