import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { StepContext, StepResult } from '../../src/processing/index.js';
import { CaptionSheetStep } from './caption-sheet.step.js';

/** Runs the step on a recording whose probe is this; what it made. */
async function run(probe: string | undefined): Promise<readonly StepResult[]> {
  const made: StepResult[] = [];
  const context: Pick<StepContext, 'findResult' | 'addResult'> = {
    findResult: () => Promise.resolve(probe === undefined ? undefined : Readable.from([Buffer.from(probe)])),
    addResult: (result) => {
      made.push(result);
      return Promise.resolve();
    },
  };
  await new CaptionSheetStep().run(context as StepContext);
  return made;
}

describe('CaptionSheetStep', () => {
  it('makes a sheet as long as the probe says', async () => {
    const [sheet] = await run('{"durationSeconds":2.5}');
    expect(sheet).toMatchObject({ name: 'captions', extension: 'vtt' });
    expect(await text(sheet!.body)).toContain('00:00:00.000 --> 00:00:02.500');
  });

  it.each([
    ['is gone', undefined],
    ['has no duration', '{"codec":"mp3"}'],
    ['has a duration that is no number', '{"durationSeconds":"2.5"}'],
    ['has no time to it', '{"durationSeconds":-1}'],
    ['has more time than there is', '{"durationSeconds":1e15}'],
    ['has time without end', '{"durationSeconds":1e999}'],
    ['is no object', 'null'],
  ])('fails when the probe %s', async (_, probe) => {
    await expect(run(probe)).rejects.toMatchObject({ code: 'PROBE_UNUSABLE' });
  });
});
