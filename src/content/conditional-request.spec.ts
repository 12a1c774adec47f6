import { evaluateConditions, rangeCounts } from './conditional-request.js';

const current = { etag: 'abc', lastModified: new Date('2026-03-01T12:00:00.700Z') };
const SAME = 'Sun, 01 Mar 2026 12:00:00 GMT';
const BEFORE = 'Sun, 01 Mar 2026 11:59:59 GMT';
const AFTER = 'Sun, 01 Mar 2026 12:00:01 GMT';

describe('a conditional request', () => {
  it.each([
    ['no condition', {}, 'proceed'],
    ['If-None-Match with the ETag', { 'if-none-match': '"abc"' }, 'not-modified'],
    ['If-None-Match with a weak one', { 'if-none-match': 'W/"abc"' }, 'not-modified'],
    ['If-None-Match with it among others', { 'if-none-match': '"x", "abc" ,"y"' }, 'not-modified'],
    ['If-None-Match in several lines', { 'if-none-match': ['"x"', '"abc"'] }, 'not-modified'],
    ['If-None-Match with anything', { 'if-none-match': '*' }, 'not-modified'],
    ['If-None-Match with another', { 'if-none-match': '"abcd"' }, 'proceed'],
    ['If-None-Match without quotes', { 'if-none-match': 'abc' }, 'proceed'],
    ['If-Modified-Since the same second', { 'if-modified-since': SAME }, 'not-modified'],
    ['If-Modified-Since later', { 'if-modified-since': AFTER }, 'not-modified'],
    ['If-Modified-Since earlier', { 'if-modified-since': BEFORE }, 'proceed'],
    ['If-Modified-Since no date', { 'if-modified-since': 'yesterday' }, 'proceed'],
    ['another ETag and no change since', { 'if-none-match': '"x"', 'if-modified-since': AFTER }, 'proceed'],
    ['If-Match with the ETag', { 'if-match': '"abc"' }, 'proceed'],
    ['If-Match with anything', { 'if-match': '*' }, 'proceed'],
    ['If-Match with another', { 'if-match': '"x"' }, 'failed'],
    ['If-Match with a weak one', { 'if-match': 'W/"abc"' }, 'failed'],
    ['If-Unmodified-Since the same second', { 'if-unmodified-since': SAME }, 'proceed'],
    ['If-Unmodified-Since earlier', { 'if-unmodified-since': BEFORE }, 'failed'],
    ['If-Match that holds and a change since', { 'if-match': '"abc"', 'if-unmodified-since': BEFORE }, 'proceed'],
    ['If-Match that fails before If-None-Match', { 'if-match': '"x"', 'if-none-match': '"abc"' }, 'failed'],
  ] as const)('with %s', (_name, headers, verdict) => {
    expect(evaluateConditions(headers, current)).toBe(verdict);
  });

  it.each([
    [undefined, true],
    ['"abc"', true],
    ['"x"', false],
    ['W/"abc"', false],
    [SAME, true],
    [BEFORE, false],
    [AFTER, false],
    ['nonsense', false],
  ])('with If-Range %s', (ifRange, counts) => {
    expect(rangeCounts({ 'if-range': ifRange }, current)).toBe(counts);
  });
});
