import { emptyCues } from './web-vtt.js';

describe('emptyCues', () => {
  it('lays cues out to the end of the recording, the last one as long as what is left', () => {
    expect([...emptyCues(11.25)].join('')).toBe(
      [
        ...['WEBVTT', ''],
        ...['00:00:00.000 --> 00:00:05.000', '', ''],
        ...['00:00:05.000 --> 00:00:10.000', '', ''],
        ...['00:00:10.000 --> 00:00:11.250', '', ''],
      ].join('\n'),
    );
  });

  it('writes hours', () => {
    expect([...emptyCues(3605)].at(-1)).toBe('\n01:00:00.000 --> 01:00:05.000\n\n');
  });

  it('has no cue for a recording without sound', () => {
    expect([...emptyCues(0)]).toEqual(['WEBVTT\n']);
  });
});
