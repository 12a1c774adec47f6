import { keepsShape } from './json-shape.js';

describe('keepsShape', () => {
  const shape = { maxDepth: 3, maxContainers: 5 };
  const keeps = (text: string): boolean => keepsShape(Buffer.from(text), shape);

  it.each([
    '{}',
    '[[[]]]',
    '{"a":{"b":[1]}}',
    '[[],[],[],[]]',
    '"[[[["',
    '["[[[[\\"[[[[", "\\\\"]',
    '{"[[[[[[\\\\\\"[":1}',
    'ä',
  ])('takes %s', (text) => {
    expect(keeps(text)).toBe(true);
  });

  it.each(['[[[[]]]]', '[[],[],[],[],[]]', '["\\\\",[[[]]]]', '{"a":{"b":{"c":{}}}}', '[[[['])('refuses %s', (text) => {
    expect(keeps(text)).toBe(false);
  });

  it('looks at ten megabytes in no time, whatever they are', () => {
    const size = 10 * 1024 * 1024;
    for (const filling of ['1,', '\\"', '"a",', '""', '\\\\'])
      keepsShape(Buffer.from(`["${filling.repeat(size / filling.length)}`), shape);
  }, 3000);
});
