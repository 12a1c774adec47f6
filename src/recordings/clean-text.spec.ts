import { cleanText } from './clean-text.js';

describe('cleanText', () => {
  it('turns runs of control characters into one blank and trims', () => {
    expect(cleanText('\u0000 one\r\n\ttwo\u0007\u0000', 100)).toBe('one two');
  });

  it('takes out marks that turn the direction of the text', () => {
    expect(cleanText('gpj.\u202Eexe\u2066', 100)).toBe('gpj. exe');
  });

  it('never leaves half a character, which PostgreSQL would refuse', () => {
    expect(cleanText('ab😀', 3)).toBe('ab😀');
    expect(cleanText('a😀😀😀', 2)).toBe('a😀');
    expect(cleanText('a\uD800b', 10)).toBe('a b');
  });

  it('keeps letters of every script', () => {
    expect(cleanText('Grüße, 東京, می‌خواهم', 100)).toBe('Grüße, 東京, می‌خواهم');
  });
});
