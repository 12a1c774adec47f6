import { jsonContent, MAX_JSON_DEPTH, transcriptContent, utf8Text } from './posted-content.js';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const refused = expect.objectContaining({ code: 'INVALID_CONTENT', kind: 'invalid' }) as Error;

describe('jsonContent', () => {
  it('keeps objects and arrays, and the text of a string that holds one as it is', () => {
    expect(jsonContent({ a: [1, 'ü'] }).toString()).toBe('{"a":[1,"ü"]}');
    expect(jsonContent([]).toString()).toBe('[]');
    const text = '{ "id": 12345678901234567890, "constructor": 1.0 }\n';
    expect(jsonContent(text).toString()).toBe(text);
  });

  it('keeps properties that have the names of other things', () => {
    const content = JSON.parse('{"constructor":{"x":1},"__proto__":{"y":2}}') as unknown;
    expect(jsonContent(content).toString()).toBe('{"constructor":{"x":1},"__proto__":{"y":2}}');
  });

  it.each([
    undefined,
    null,
    1,
    true,
    '',
    'text',
    '"text"',
    '1',
    'null',
    '{"a":1',
    '{"a":\ud800}',
    '["\ud800"]',
    '\ufeff{}',
  ])('refuses %j', (content) => {
    expect(() => jsonContent(content)).toThrow(refused);
  });

  it('refuses what is nested too deep or has too many parts, before it is parsed', () => {
    expect(jsonContent(nested(MAX_JSON_DEPTH)).length).toBe(2 * MAX_JSON_DEPTH);
    expect(() => jsonContent(nested(MAX_JSON_DEPTH + 1))).toThrow(refused);
    expect(() => jsonContent(JSON.parse(nested(MAX_JSON_DEPTH + 1)))).toThrow(refused);
    expect(() => jsonContent(nested(5_000_000))).toThrow(refused);
    expect(() => jsonContent(`[${'[],'.repeat(500_000)}1]`)).toThrow(refused);
  });
});

describe('transcriptContent', () => {
  it.each([
    ['.txt', 'Good morning.\r\n\tÜber\f'],
    ['.vtt', 'WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n'],
    ['.vtt', '\ufeffWEBVTT - title\n'],
    ['.srt', '1\n00:00:00,000 --> 00:00:01,000\nHello\n'],
    ['.srt', '\ufeff1\r\n00:00:00,000 --> 00:00:01,000\r\nHello\r\n'],
    ['.json', '[{"speaker":"A"}]'],
  ])('takes %s that is one', (extension, text) => {
    expect(transcriptContent(extension, text).toString()).toBe(text);
  });

  it.each([
    ['.txt', { text: 'x' }],
    ['.txt', 'a\u0000b'],
    ['.txt', 'a\u001b[31m'],
    ['.txt', '\ud800'],
    ['.vtt', 'WEBVTTX'],
    ['.vtt', '00:00.000 --> 00:01.000'],
    ['.srt', 'WEBVTT'],
    ['.srt', '1\nno time\n'],
    ['.json', '{'],
    ['.json', 7],
  ])('refuses %s that is none: %j', (extension, content) => {
    expect(() => transcriptContent(extension, content)).toThrow(refused);
  });
});

describe('utf8Text', () => {
  it('reads UTF-8 and nothing else', () => {
    expect(utf8Text(Buffer.from('\ufeffä'))).toBe('\ufeffä');
    expect(() => utf8Text(Buffer.from([0x61, 0xe4, 0x62]))).toThrow(refused);
    expect(() => utf8Text(Buffer.from('text', 'utf16le').subarray(0, 7).fill(0xff, 0, 2))).toThrow(refused);
  });
});
