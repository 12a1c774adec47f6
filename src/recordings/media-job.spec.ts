import { parseMediaReport } from './media-job.js';

describe('parseMediaReport', () => {
  it('reads the reports', () => {
    expect(parseMediaReport('{"type":"progress","fraction":0.5}')).toEqual({ type: 'progress', fraction: 0.5 });
    expect(parseMediaReport('{"type":"result","value":{"a":1}}')).toEqual({ type: 'result', value: { a: 1 } });
    expect(parseMediaReport('{"type":"fault","code":"NO_AUDIO_STREAM","message":"None"}')).toEqual({
      type: 'fault',
      code: 'NO_AUDIO_STREAM',
      message: 'None',
    });
  });

  it.each([
    '',
    'null',
    'not JSON',
    '{"type":"other"}',
    '{"type":"progress","fraction":2}',
    '{"type":"progress","fraction":"1"}',
    '{"type":"fault","code":"MADE_UP","message":"x"}',
    '{"type":"fault","code":"MEDIA_UNREADABLE"}',
  ])('refuses %j', (line) => {
    expect(parseMediaReport(line)).toBeUndefined();
  });
});
